/* libssl and libcrypto, with functions for the macros that Swift cannot see. */
#ifndef SALLYPORT_COPENSSL_H
#define SALLYPORT_COPENSSL_H

/* Nothing that OpenSSL 3.0 deprecates may be used: what is left builds with all of 3.x. */
#define OPENSSL_NO_DEPRECATED
#define OPENSSL_API_COMPAT 30000

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* ---- SSL_CTX and SSL: macros over SSL_CTX_ctrl and SSL_ctrl ---- */

static inline int COpenSSL_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline int COpenSSL_SSL_CTX_set_max_proto_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_max_proto_version(context, version);
}

static inline int COpenSSL_SSL_CTX_get_min_proto_version(SSL_CTX *context) {
  return (int)SSL_CTX_get_min_proto_version(context);
}

/* A write may be repeated from another address, since Swift arrays move. A read returns after each
   record without data, so that a flood of them cannot outlast the caller's deadline. */
static inline void COpenSSL_SSL_CTX_set_modes(SSL_CTX *context) {
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
}

static inline void COpenSSL_SSL_CTX_session_cache_off(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

/* No renegotiation, no compression; a peer that ends without close_notify is an error. */
static inline void COpenSSL_SSL_CTX_set_strict_options(SSL_CTX *context) {
  SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT |
                                     SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
}

static inline int COpenSSL_SSL_CTX_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
  return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

static inline int COpenSSL_SSL_set_tlsext_host_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

/* ---- X509_LOOKUP: macros over X509_LOOKUP_ctrl ---- */

static inline int COpenSSL_X509_STORE_add_directory(X509_STORE *store, const char *paths) {
  X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
  return lookup != NULL && X509_LOOKUP_add_dir(lookup, paths, X509_FILETYPE_PEM) == 1;
}

/* ---- BIO: macros over BIO_ctrl and the retry flags ---- */

static inline long COpenSSL_BIO_contents(BIO *bio, char **contents) {
  return BIO_get_mem_data(bio, contents);
}

static inline void COpenSSL_BIO_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

static inline void COpenSSL_BIO_retry_read(BIO *bio) { BIO_set_retry_read(bio); }

static inline void COpenSSL_BIO_retry_write(BIO *bio) { BIO_set_retry_write(bio); }

/* ---- ERR: macros over the packed code ---- */

static inline int COpenSSL_ERR_library(unsigned long code) { return ERR_GET_LIB(code); }

static inline int COpenSSL_ERR_reason(unsigned long code) { return ERR_GET_REASON(code); }

/* ---- Keys from their parameters; numbers and points are big-endian. NULL on failure. ---- */

/* In C because OSSL_PARAM_BLD keeps its arguments' addresses until OSSL_PARAM_BLD_to_param. */
static inline EVP_PKEY *COpenSSL_public_key_from(const char *kind, OSSL_PARAM_BLD *builder) {
  EVP_PKEY *key = NULL;
  OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
  if (parameters != NULL && context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    key = NULL;
  }
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  return key;
}

static inline EVP_PKEY *COpenSSL_RSA_public_key(const unsigned char *modulus, size_t modulus_length,
                                                const unsigned char *exponent,
                                                size_t exponent_length) {
  EVP_PKEY *key = NULL;
  BIGNUM *n = BN_bin2bn(modulus, (int)modulus_length, NULL);
  BIGNUM *e = BN_bin2bn(exponent, (int)exponent_length, NULL);
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  if (n != NULL && e != NULL && builder != NULL &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
    key = COpenSSL_public_key_from("RSA", builder);
  }
  OSSL_PARAM_BLD_free(builder);
  BN_free(n);
  BN_free(e);
  return key;
}

static inline EVP_PKEY *COpenSSL_EC_public_key(const char *group, const unsigned char *point,
                                               size_t length) {
  EVP_PKEY *key = NULL;
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  if (builder != NULL &&
      OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, length) == 1) {
    key = COpenSSL_public_key_from("EC", builder);
  }
  OSSL_PARAM_BLD_free(builder);
  return key;
}

/* ---- Keys, new: variadic functions and macros over them ---- */

static inline EVP_PKEY *COpenSSL_generate_RSA(unsigned int bits) { return EVP_RSA_gen(bits); }

static inline EVP_PKEY *COpenSSL_generate_EC(const char *group) { return EVP_EC_gen(group); }

static inline EVP_PKEY *COpenSSL_generate(const char *kind) {
  return EVP_PKEY_Q_keygen(NULL, NULL, kind);
}

/* ---- X509 ---- */

/* Adds an extension in the notation of x509v3_config(5); `certificate` is its own issuer. */
static inline int COpenSSL_X509_add_extension(X509 *certificate, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  if (extension == NULL) return 0;
  int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return added;
}

#endif
