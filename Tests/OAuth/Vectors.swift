/// Keys and tokens made by another implementation (pyca/cryptography), one token an algorithm.
enum Vectors {
  static let issuer = "https://as.example/as"
  static let clientID = "native-app"
  static let subject = "user-1"
  static let accessToken = "access-token-1"
  /// When every token was issued; each is valid for 300 seconds.
  static let issuedAt: Int64 = 1_700_000_000
  /// The bytes behind every token's nonce.
  static let nonceBytes = [UInt8](repeating: 2, count: 32)

  static let keys = #"""
    {"keys": [
      {"kty": "RSA", "use": "sig", "kid": "rsa-1", "e": "AQAB",
        "n": "qO23DYneL6CQS15ntnaQZ8UFURiYRRkgs5c8tNmDM6xokgI1pMwvadPbAMIeG8odmiBjHntgHndweX7u\#
    _L8PQB-D_2Wqwj4xzm1ChCGM8FdRWIR71XwUIFejf0418A3b_QBDVaeF_NO62_KXGvJ4FAb-NMVFWlYr\#
    rrTZd_eHUBz5sqOORfa5qwNjF8bVBfjWT73LAK7Wm0jOcfQTZ2PD2pCDqxjc2-LFFEX2e2MybN4w6yl9\#
    MLXgD4N-JjlvBD8vWinZa-PPWjmcMSgQFLfLiJKmzz71SIqHZMc7VBU2ccSUx5q7ZnRbUPXVKfE9n4dk\#
    otomG6Fp8omOZur0-V8-Pw"},
      {"kty": "EC", "use": "sig", "kid": "ec-256", "crv": "P-256",
        "x": "cJEYqaWfvycqVEkSGhptVCq6zyO-V3NCaLfLu-RPhWI",
        "y": "BNPR_-pUCkaRwVqCYnhE39H2efYw4d5xDUzIOQAQ-jk"},
      {"kty": "EC", "use": "sig", "kid": "ec-384", "crv": "P-384",
        "x": "RHLcjEyxGMA9Oyb9SrU4OojCfpxWKW5EEyKqD2cqi0ZqzX9_CWpoVw5YpyDgqpsv",
        "y": "zQrFh_R3J4OJzGyLFCTVNMMYa64-uXjBrq_1zaD3tZwC-PGF4kTTjSTF-aIfbCct"},
      {"kty": "EC", "use": "sig", "kid": "ec-512", "crv": "P-521",
        "x": "AK4ojrfYmkDtaB6u1ZPRZ5aU7PUwALmN1aERstnZGrmk0DNo_uaX-pgH7e_-HJxgYngwY77aXM8Cbi0Q\#
    ZbGIUul1",
        "y": "AXap83tCwYJfzPAs9QFblDujVaIJm7zBa0B0z1VnTLPg9KrIn5h_TeCNPGPUDHGr8-rCKr_OpW2vymwk\#
    YA2KDOrE"},
      {"kty": "OKP", "use": "sig", "kid": "ed-1", "crv": "Ed25519",
        "x": "dqr8D9udT-WJaoeCozrkhLPWhD3JLaq9jtmA_lON14k"}
    ]}
    """#

  static let tokens: [(algorithm: String, token: String)] = [
    (
      "RS256",
      """
      eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2FzLmV4\
      YW1wbGUvYXMiLCJhdWQiOiJuYXRpdmUtYXBwIiwic3ViIjoidXNlci0xIiwiaWF0IjoxNzAwMDAwMDAwLCJl\
      eHAiOjE3MDAwMDAzMDAsIm5vbmNlIjoiQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJ\
      Q0FnSSIsImF0X2hhc2giOiJ4YkR5TTVXanM4bVRBaG55UFpsRVRBIn0.kONcrdFc4uaDsNfF-dyU32LavuCm\
      VE3Oriov6bNqPcYeSLKqigRT4YKsLT6ZWhE9AE25wNmHBEbJuZcdfezgh71oN2Q6azSX99SJWlc5UmEgkdJC\
      t_aVClZiRsCDwlnXvM3bM_fW83_4_wd4Xp0UDnMfr7jG1tRsXA8aIL8zbkfrOCHpk2Q5VIModvYoeH_hpg1T\
      _S5NRLU5fd8M9GKCYo_OI1cP6perVeFS9xjcxlbd495E0sH_Z1jNOqlRs3RekuHfG6HMdwzLmOTFjl_0Go3D\
      QDdYH59QxRLRGbDJaXrRcayMPS0oC5cI2J9GauE2ghrpOsmNkYFV_E_gE3rDug
      """
    ),
    (
      "RS384",
      """
      eyJhbGciOiJSUzM4NCIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2FzLmV4\
      YW1wbGUvYXMiLCJhdWQiOiJuYXRpdmUtYXBwIiwic3ViIjoidXNlci0xIiwiaWF0IjoxNzAwMDAwMDAwLCJl\
      eHAiOjE3MDAwMDAzMDAsIm5vbmNlIjoiQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJ\
      Q0FnSSIsImF0X2hhc2giOiJaMmJXcXcyM3lDaU5pMDZUVFdXSjZHRHFOc0NibThpUSJ9.ZyWjReB2wP1oTzW\
      afz7UXP-YK2UGO5lPxzZJx_EI7kr4gN-xcAvscUS8HggvauHMqb9_FkMuhed4eU4ZhUguvsmUBE9YwmNoIkr\
      cSWRgDDfr8CzyzegTpEEstLts36x3rbSXt0fdTeIX2XE50fpjYlNldW0mSV21bCGsWlvVH2sJAWPKjQUHfdX\
      J9v58VYVX6v0_3LweCpxKP4IXHmiKtFMt1QDbWih4wDL3TOnbykYaOV-owJmxSQhSur-TDFxLZwUhtCIFj1x\
      c3v3fKSaZMzaROJZiHL-tZF29hc9oj0HY16_4zBWt6ZmePIZR6nHlCxTtf6Xdqt6HapWHT7LwOQ
      """
    ),
    (
      "RS512",
      """
      eyJhbGciOiJSUzUxMiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2FzLmV4\
      YW1wbGUvYXMiLCJhdWQiOiJuYXRpdmUtYXBwIiwic3ViIjoidXNlci0xIiwiaWF0IjoxNzAwMDAwMDAwLCJl\
      eHAiOjE3MDAwMDAzMDAsIm5vbmNlIjoiQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJ\
      Q0FnSSIsImF0X2hhc2giOiJaREYwWklyei1DZWFRNDNsUFhaV1NzanB1N1RTRmRWbERlanZLY3kxT2xRIn0.\
      jbz880Cisu_FEOYuK5eSfd_qGryVVbkAS-7gmVInDEo-x70s24LZIYsXUMVUg7CqWs9ns33U9AQ8FFW2_cJx\
      ch6FPAvQZzTD8PVuGidw-f4l7yO6Pwuuw9U6Z-HTEAuOXJ41z0_eJ429G9mVFl7NDgBXJIxcPq6sjwtD2GE4\
      OqhuJBm5HXBaW5mKhWBrmDwEaEjKPbBWu5pgaWHfRqk3wI1RAveIDUT3L-uJskJdmyADTTscwCBt6Zx0XQqz\
      WLMCrPS66CyYR7K3Cy8EjzQCkmPNns9KL42uYmonS7eXx6Rx4oMstycj9bPAVMY883RkoZJc0rDUFJ2ZyIg-\
      Tzt0YQ
      """
    ),
    (
      "PS256",
      """
      eyJhbGciOiJQUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2FzLmV4\
      YW1wbGUvYXMiLCJhdWQiOiJuYXRpdmUtYXBwIiwic3ViIjoidXNlci0xIiwiaWF0IjoxNzAwMDAwMDAwLCJl\
      eHAiOjE3MDAwMDAzMDAsIm5vbmNlIjoiQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJ\
      Q0FnSSIsImF0X2hhc2giOiJ4YkR5TTVXanM4bVRBaG55UFpsRVRBIn0.Aonq3GrTTXSty_K2yJCLxNzPS4gX\
      qG_8LI709sH3vF2xli7YgRBk5NK2V2QrP2ObuBfWHta8m3T-FIHaetCB0LgBEdWUPTkREutdAtZuFzvJjqPl\
      N-HwlKOJFblAPVEEO35za2__5VF18_i-jFR54GH_Kc_LEpmWczbWrIBXsRLUDoybZzAUNvMoMT_fosJrtKW4\
      PKXDX0_E4wPojYL8-qmtDiyhn23lmvCFYF1K19CHQOBtTf5wGYX1G1Mj_y2Iaix_jI1uXsyFO9nJ8jsax6HD\
      KqoRS2FR47NwPSMyI7Y2uJOmNdRzl3w52Umj7oTjS04uxEjc9JP-dtuHRX7aZQ
      """
    ),
    (
      "PS384",
      """
      eyJhbGciOiJQUzM4NCIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2FzLmV4\
      YW1wbGUvYXMiLCJhdWQiOiJuYXRpdmUtYXBwIiwic3ViIjoidXNlci0xIiwiaWF0IjoxNzAwMDAwMDAwLCJl\
      eHAiOjE3MDAwMDAzMDAsIm5vbmNlIjoiQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJ\
      Q0FnSSIsImF0X2hhc2giOiJaMmJXcXcyM3lDaU5pMDZUVFdXSjZHRHFOc0NibThpUSJ9.PMAIFtoZ5lKQEc6\
      8_4G3wtgds08r9cdxCpGdWMgHDVpbs5CE9u_2bX9QjjUm59kngcYZO0Teq3tXRZaPpEuBPVqt9aH3S3EYUF4\
      J6N22420DPqo-O9dMSYaq40EprkDRnLjRl6n_gjbiu5hPKzdNdtaR0g1RngF6cAY7SNJrVDQwm7zmQDZn-MX\
      p6C59AANfqVNA8QY6Qi1Cm7Y-1K4wfpXQySFSvCL79L6sqeHyLYWml2E0R8fM9Sh8mjGo4hKJ5M1EQRqz8_D\
      D19X_OzG1PDuf9gskj6qHwBqVNR7BfUSpSYM5VI90m-9soJyqILgOiXMeHwJ5DmAFoXTZ6nMqeg
      """
    ),
    (
      "PS512",
      """
      eyJhbGciOiJQUzUxMiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2FzLmV4\
      YW1wbGUvYXMiLCJhdWQiOiJuYXRpdmUtYXBwIiwic3ViIjoidXNlci0xIiwiaWF0IjoxNzAwMDAwMDAwLCJl\
      eHAiOjE3MDAwMDAzMDAsIm5vbmNlIjoiQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJ\
      Q0FnSSIsImF0X2hhc2giOiJaREYwWklyei1DZWFRNDNsUFhaV1NzanB1N1RTRmRWbERlanZLY3kxT2xRIn0.\
      N98P4K0njoVzW_MntBoOpibrkygjF0-XUs7SuXq0xDjmpWUMSxQX34yCq23Yu49dQSdr_mQ4n5slIY2Mwqxz\
      jLLCjtO-UYyPnmv7QsMcIkoqZdmwVYjNssIHyqDgg7VukRd4MpxOBJTE6hCzabTzv-yT2p8v-NS1Njcg64p8\
      2RXux5CntAoWChL6mKWmM72NQt-sT3pWsv42jAxgG9C4aT8lmxX3h1ABfuC8-pq3op88cvFPB0K0sn7wYu8Q\
      e_NL7a-J4AJPTynDxP6ZSE0oaztha3Dd6kQqLkkBF54AkgWyVjPlHvf_otYU0Mu98cVCS-4PT1LJrXfvPauN\
      FRkbYw
      """
    ),
    (
      "ES256",
      """
      eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2FzLmV\
      4YW1wbGUvYXMiLCJhdWQiOiJuYXRpdmUtYXBwIiwic3ViIjoidXNlci0xIiwiaWF0IjoxNzAwMDAwMDAwLCJ\
      leHAiOjE3MDAwMDAzMDAsIm5vbmNlIjoiQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWd\
      JQ0FnSSIsImF0X2hhc2giOiJ4YkR5TTVXanM4bVRBaG55UFpsRVRBIn0.95Ns48vlBa03tZG8oCGwWKYGk-4\
      feJgCJkp5mZe9R534HZxQoLZs5BPrWlGfoc03zOMpzQftnzJRcF4nRz93hQ
      """
    ),
    (
      "ES384",
      """
      eyJhbGciOiJFUzM4NCIsImtpZCI6ImVjLTM4NCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2FzLmV\
      4YW1wbGUvYXMiLCJhdWQiOiJuYXRpdmUtYXBwIiwic3ViIjoidXNlci0xIiwiaWF0IjoxNzAwMDAwMDAwLCJ\
      leHAiOjE3MDAwMDAzMDAsIm5vbmNlIjoiQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWd\
      JQ0FnSSIsImF0X2hhc2giOiJaMmJXcXcyM3lDaU5pMDZUVFdXSjZHRHFOc0NibThpUSJ9.tjYNrv3W3bRmd3\
      2TyeJDOuZdlmI1AS9ggGkmVdkFWCCdLlCdcR-0nA2xz2R66xuetmi0Ymcjs6hQHEseE4GTMOi1yCh-yG8ODb\
      Y4u0ec11x9wBs-myf6plqC43kSRlQ5
      """
    ),
    (
      "ES512",
      """
      eyJhbGciOiJFUzUxMiIsImtpZCI6ImVjLTUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2FzLmV\
      4YW1wbGUvYXMiLCJhdWQiOiJuYXRpdmUtYXBwIiwic3ViIjoidXNlci0xIiwiaWF0IjoxNzAwMDAwMDAwLCJ\
      leHAiOjE3MDAwMDAzMDAsIm5vbmNlIjoiQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWd\
      JQ0FnSSIsImF0X2hhc2giOiJaREYwWklyei1DZWFRNDNsUFhaV1NzanB1N1RTRmRWbERlanZLY3kxT2xRIn0\
      .AQtcc8WT2zW80e1xGyYLvctY0RXNmoLB3TKxukf0T9OfBNvwdTFN9TeLBfV57EI4mgD_SY1V9Nv0zCFAkbf\
      stAhUAcqClicJwXr0bWU56rOT_6c6lbphS4_fjXpm3SoOJqFOEm6D5aJ_C8kCklySaF5Bp8lswWN1udZHUY4\
      Vw3UWq3Tj
      """
    ),
    (
      "EdDSA",
      """
      eyJhbGciOiJFZERTQSIsImtpZCI6ImVkLTEiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL2FzLmV4Y\
      W1wbGUvYXMiLCJhdWQiOiJuYXRpdmUtYXBwIiwic3ViIjoidXNlci0xIiwiaWF0IjoxNzAwMDAwMDAwLCJle\
      HAiOjE3MDAwMDAzMDAsIm5vbmNlIjoiQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWdJQ\
      0FnSSIsImF0X2hhc2giOiJaREYwWklyei1DZWFRNDNsUFhaV1NzanB1N1RTRmRWbERlanZLY3kxT2xRIn0.w\
      7aZoWN45rPZOp06xSSo6wiMf02OpcxCUxhcSvDwH5w-xNoqqPS1-0s1U7xe74O1CrYn7b3edz5GrY-uzNOmD\
      w
      """
    ),
  ]
}
