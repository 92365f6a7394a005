// SPDX-License-Identifier: GPL-2.0-only
/* TLS done by the kernel: its keys can be read back, what is half decrypted cannot. */
#include <arpa/inet.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "frame/net.h"
#include "probe.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

static struct tls12_crypto_info_aes_gcm_128 key(unsigned char seed)
{
	struct tls12_crypto_info_aes_gcm_128 k = {
		.info = { .version = TLS_1_2_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128 },
	};

	memset(k.iv, seed, sizeof(k.iv));
	memset(k.key, seed + 1, sizeof(k.key));
	memset(k.salt, seed + 2, sizeof(k.salt));
	memset(k.rec_seq, 0, sizeof(k.rec_seq));
	return k;
}

/* Both ends of a connection with kernel TLS. */
static void encrypted(int sk[2], unsigned char seed)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	struct tls12_crypto_info_aes_gcm_128 k = key(seed);
	int listener = NEED(socket(AF_INET, SOCK_STREAM, 0));

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	NEED(bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(listen(listener, 1));
	NEED(getsockname(listener, (struct sockaddr *)&addr, &len));
	sk[0] = NEED(socket(AF_INET, SOCK_STREAM, 0));
	NEED(connect(sk[0], (struct sockaddr *)&addr, sizeof(addr)));
	sk[1] = NEED(accept(listener, NULL, NULL));
	close(listener);
	for (int i = 0; i < 2; i++)
		OFFERED(setsockopt(sk[i], SOL_TCP, TCP_ULP, "tls", 4), "TLS in the kernel", ENOENT,
			ENOPROTOOPT);
	OFFERED(setsockopt(sk[0], SOL_TLS, TLS_TX, &k, sizeof(k)), "such a cipher", EINVAL, ENOENT);
	NEED(setsockopt(sk[1], SOL_TLS, TLS_RX, &k, sizeof(k)));
}

PROBE(keys, .what = "getsockopt of TLS_TX gives back key, vector and how many records there were",
      .since = "4.13", .commit = "3c4d7559159b", .kconfig = "CONFIG_TLS",
      .source = "Documentation/networking/tls.rst")
{
	struct tls12_crypto_info_aes_gcm_128 was = key(7), now;
	socklen_t len = sizeof(now);
	char got[8];
	int sk[2];

	quiet_network();
	encrypted(sk, 7);
	NEED(getsockopt(sk[0], SOL_TLS, TLS_TX, &now, &len));
	PROMISE_MEM(now.key, was.key, sizeof(was.key));
	PROMISE_MEM(now.salt, was.salt, sizeof(was.salt));
	PROMISE_EQ(now.rec_seq[7], 0);
	NEED(send(sk[0], "text", 4, 0));
	PROMISE_EQ(NEED(recv(sk[1], got, 4, MSG_WAITALL)), 4);
	NEED(getsockopt(sk[0], SOL_TLS, TLS_TX, &now, &len));
	PROMISE_EQ(now.rec_seq[7], 1);
}

GAP(partial, .what = "nobody tells a record that was decrypted and read in part",
    .kconfig = "CONFIG_TLS", .source = "Documentation/networking/tls.rst")
{
	int with[2], without[2];
	char got[8];

	quiet_network();
	encrypted(with, 7);
	encrypted(without, 7);
	for (int i = 0; i < 2; i++)
		NEED(send(i ? without[0] : with[0], "12345678", 8, 0));
	PROMISE_EQ(NEED(recv(with[1], got, 3, MSG_WAITALL)), 3);
	tried_files(with[1], without[1]);
}
