import TLS
import Testing

/// A published signature, with its key and the bytes it is over.
struct SignatureVector: Sendable, CustomTestStringConvertible {
  var source: String
  var algorithm: SignatureAlgorithm
  var key: PublicKey
  var message: [UInt8]
  var signature: [UInt8]

  var testDescription: String { source }

  init(
    _ source: String, _ algorithm: SignatureAlgorithm, _ key: PublicKey, header: String,
    payload: String, signature: String
  ) {
    self.source = source
    self.algorithm = algorithm
    self.key = key
    message = Array("\(header).\(payload)".utf8)
    self.signature = base64URL(signature)
  }

  static let all: [SignatureVector] = [
    SignatureVector(
      "RFC 7515 A.2", .rs256,
      .rsa(
        modulus: base64URL(
          """
          ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrc\
          S2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGz\
          jb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xs\
          mtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8\
          q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ
          """),
        exponent: base64URL("AQAB")),
      header:
        "eyJhbGciOiJSUzI1NiJ9",
      payload:
        """
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p\
        c19yb290Ijp0cnVlfQ
        """,
      signature:
        """
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Q\
        c_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTy\
        WzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwu\
        sC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5A\
        XLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw
        """),
    SignatureVector(
      "RFC 7515 A.3", .es256,
      .ec(
        .p256,
        x: base64URL(
          "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        y: base64URL(
          "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")),
      header:
        "eyJhbGciOiJFUzI1NiJ9",
      payload:
        """
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p\
        c19yb290Ijp0cnVlfQ
        """,
      signature:
        """
        DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqP\
        P3-Kg6NU1Q
        """),
    SignatureVector(
      "RFC 7515 A.4", .es512,
      .ec(
        .p521,
        x: base64URL(
          """
          AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4\
          qUxcWceqwQGk
          """),
        y: base64URL(
          """
          ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9u\
          bmf63e3kyMj2
          """)),
      header:
        "eyJhbGciOiJFUzUxMiJ9",
      payload:
        "UGF5bG9hZA",
      signature:
        """
        AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB\
        34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNr\
        mxYbSW9ERBXukOXolLzeO_Jn
        """),
    SignatureVector(
      "RFC 7520 4.2", .ps384,
      .rsa(
        modulus: base64URL(
          """
          n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7\
          nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHH\
          ig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC\
          0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixo\
          R7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw
          """),
        exponent: base64URL("AQAB")),
      header:
        "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
      payload:
        """
        SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4g\
        WW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwg\
        dGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4
        """,
      signature:
        """
        cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklH\
        kqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVs\
        diNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjv\
        AA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOc\
        bH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw
        """),
    SignatureVector(
      "RFC 8037 A.4", .edDSA,
      .ed25519(base64URL("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")),
      header:
        "eyJhbGciOiJFZERTQSJ9",
      payload:
        "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
      signature:
        """
        hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvp\
        Ar_MuM0KAg
        """),
  ]
}
