// SPDX-License-Identifier: GPL-2.0-only
/* Transports with connections that nobody can take apart and put together. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "frame/net.h"
#include "probe.h"
#include "uapi/socket.h"

#define TCP_REPAIR_ 19

GAP(sctp, .what = "nobody makes an association of SCTP anew as it was", .kconfig = "CONFIG_IP_SCTP",
    .source = "sctp(7)")
{
	int sk = OFFERED(socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP), "SCTP", EPROTONOSUPPORT,
			 ESOCKTNOSUPPORT),
	    on = 1;

	TRIED_TO("TCP_REPAIR", setsockopt(sk, SOL_TCP, TCP_REPAIR_, &on, sizeof(on)));
	TRIED_TO("the same of SCTP",
		 setsockopt(sk, IPPROTO_SCTP, TCP_REPAIR_ + 1000, &on, sizeof(on)));
}

GAP(mptcp, .what = "nobody makes a connection of MPTCP anew as it was", .kconfig = "CONFIG_MPTCP",
    .source = "Documentation/networking/mptcp.rst")
{
	int sk = OFFERED(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), "MPTCP", EPROTONOSUPPORT,
			 ESOCKTNOSUPPORT, ENOPROTOOPT),
	    on = 1;

	TRIED_TO("TCP_REPAIR", setsockopt(sk, SOL_TCP, TCP_REPAIR_, &on, sizeof(on)));
	TRIED_TO("SO_PEEK_OFF", setsockopt(sk, SOL_SOCKET, SO_PEEK_OFF, &on, sizeof(on)));
}

GAP(vsock, .what = "nobody makes a connection of vsock anew as it was",
    .kconfig = "CONFIG_VSOCKETS", .source = "vsock(7)")
{
	int sk = OFFERED(socket(40 /* AF_VSOCK */, SOCK_STREAM, 0), "vsock", EAFNOSUPPORT), on = 1;

	TRIED_TO("TCP_REPAIR", setsockopt(sk, SOL_TCP, TCP_REPAIR_, &on, sizeof(on)));
	TRIED_TO("SO_PEEK_OFF", setsockopt(sk, SOL_SOCKET, SO_PEEK_OFF, &on, sizeof(on)));
}
