// SPDX-License-Identifier: GPL-2.0-only
/* Socket options and control messages that older headers lack, as of 6.18. */
#ifndef UAPI_SOCKET_H
#define UAPI_SOCKET_H

#include <sys/socket.h>

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72 /* 5.15 */
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76 /* 6.5 */
#define SO_PEERPIDFD 77
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* 6.16 */
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* 5.14 */
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define SIOCUNIXFILE_ 0x89e0
#define SIOCGSKNS_    0x894c

#endif
