// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of the crypto API: they work for whoever holds them, and tell nothing. */
#include <linux/if_alg.h>
#include <sys/socket.h>

#include "probe.h"

static int bound(const char *type, const char *name)
{
	struct sockaddr_alg addr = { .salg_family = AF_ALG };
	int sk = OFFERED(socket(AF_ALG, SOCK_SEQPACKET, 0), "AF_ALG sockets", EAFNOSUPPORT);

	strcpy((char *)addr.salg_type, type);
	strcpy((char *)addr.salg_name, name);
	OFFERED(bind(sk, (struct sockaddr *)&addr, sizeof(addr)), "such an algorithm", ENOENT);
	return sk;
}

PROBE(hash, .what = "a hash is had from a socket accepted from one bound to its algorithm",
      .since = "2.6.38", .kconfig = "CONFIG_CRYPTO_USER_API_HASH CONFIG_CRYPTO_SHA256",
      .source = "Documentation/crypto/userspace-if.rst")
{
	static const unsigned char abc[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea };
	unsigned char out[32];
	int op = NEED(accept(bound("hash", "sha256"), NULL, 0)), copy;

	NEED(send(op, "ab", 2, MSG_MORE));
	/* What was hashed up to here goes along with another accept. */
	copy = NEED(accept(op, NULL, 0));
	NEED(send(copy, "c", 1, 0));
	PROMISE_EQ(NEED(read(copy, out, sizeof(out))), 32);
	PROMISE_MEM(out, abc, sizeof(abc));
}

GAP(key, .what = "nobody reads back the algorithm and key of a socket, or how far it has come",
    .kconfig = "CONFIG_CRYPTO_USER_API_HASH", .source = "Documentation/crypto/userspace-if.rst")
{
	char bytes[64];
	socklen_t len = sizeof(bytes);
	int with = bound("hash", "hmac(sha256)"), without = bound("hash", "hmac(sha256)");

	NEED(setsockopt(with, SOL_ALG, ALG_SET_KEY, "secret", 6));
	NEED(setsockopt(without, SOL_ALG, ALG_SET_KEY, "other", 5));
	TRIED_TO("getsockopt ALG_SET_KEY", getsockopt(with, SOL_ALG, ALG_SET_KEY, bytes, &len));
	TRIED_TO("getsockname", getsockname(with, (struct sockaddr *)bytes, &len));
	tried_files(with, without);
}
