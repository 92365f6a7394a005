// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of the socket interface that the C library's headers may be too old for. */
#ifndef KERNEL_SOCKET_H
#define KERNEL_SOCKET_H

#include <linux/sockios.h>
#include <sys/socket.h>

#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69 /* 5.11 */
#endif
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72 /* 5.15 */
#endif
#ifndef SO_RESERVE_MEM
#define SO_RESERVE_MEM 73 /* 5.16 */
#endif
#ifndef SO_RCVMARK
#define SO_RCVMARK 75 /* 6.0 */
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76 /* 6.5 */
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82 /* 6.14 */
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* 6.16 */
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif
#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE (SIOCPROTOPRIVATE + 0) /* of linux/un.h, which sys/un.h is no friend of */
#endif

#endif
