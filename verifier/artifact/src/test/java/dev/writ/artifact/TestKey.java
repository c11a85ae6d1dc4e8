// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import dev.writ.tlog.Hash;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;

/** A P-256 key pair for tests. The named ones are public knowledge: nothing real may rest on them. */
record TestKey(KeyPair pair) {
  static final TestKey ISSUER =
      fixed(
          "2pGFs_cZcfdPRmTyEQq9Wk2sKCdve70XhXe8PRNAXt0",
          "OgcpB15Wnj0bnuDbujLyLDskodVZjWwGPbHFnjNSZNY",
          "rKuweruAWFzE86d86JP3WhjqmEz_ivzqGZarksQ54tw");
  static final TestKey LOG =
      fixed(
          "qWf4urK6WNEYf6EO1KDh1ANbq1GGcAuWp0xdb2jBCKQ",
          "ApLS100wSps6Nm0h0cih6ZTe0HWXLDqy45pUlLpGBrU",
          "Fd7Q2VBzPwc2PppH9_xv70TKXnhZKNs8X9e3d1eVG6s");
  static final TestKey INSTANCE =
      fixed(
          "D6R6UKr9xfsV2Qr2fl-2RrdaK9jx8asc1T_GCV65OgE",
          "n_ewicjISp3FYFp_cmIiNEKTtZz4laeHjYkkyv_2Szw",
          "OEUfK9s1Srd0AoyJ0qNK28D8NUzI-nLXTIUf8AB1Wmo");
  static final TestKey OPERATOR =
      fixed(
          "hctNOgJ7MuRtJYEpNnatLgBG-drW4voDQE2F_GhrztM",
          "N4Y5E-mnTbR4ZXKfAA1edEBELuXo3ZUf6i-JVYfDIcs",
          "9HSjq3b3y3qrI9-TOYc1O8Ze9wVDdlUELmIGTts0QWM");
  static final TestKey STATUS =
      fixed(
          "b5ejCi4mCe0q0aK_c7guXfwZ8tbeCGICpeDBHKAIhqA",
          "wh_vG4e0-OFKZMut7ikmwW00Z9QlfutfDYdMeIcQ9j8",
          "Fc4hG1leIIoacGhlePxnTJaw2UOtdwi9t5lnYifJYMY");
  static final TestKey GATEWAY =
      fixed(
          "G9JDeZj2ZKFx2cDTiefMeLHJ66ev6_MPzX7pGZoqpIQ",
          "n00_ps-CbVe-T4EhOhIht4uvrVY59o0F8jajxS_j_B8",
          "3pnU962ujoKfGg7eqqvU0ewa9VGyVDWium5LH9PKft0");

  static final TestKey APPROVER =
      fixed(
          "74Du5t48w0IUQIt-5Kg5sqhKjBKvWbkvfwEb3lOaep0",
          "612E_5cz7RAxzWIhqUDVuBPGbIxZpnyILc3CybJZS0s",
          "nDtDC-QSqADO2LgnZSTXdoHXVnFqEmPlKu8PVU0w_hc");

  static TestKey random() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return new TestKey(generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static TestKey fixed(String d, String x, String y) {
    try {
      return new TestKey(
          new ECKey.Builder(Curve.P_256, new Base64URL(x), new Base64URL(y))
              .d(new Base64URL(d))
              .build()
              .toKeyPair());
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  ECPublicKey publicKey() {
    return (ECPublicKey) pair.getPublic();
  }

  VerificationKey verification() {
    return VerificationKey.of(publicKey());
  }

  Hash kid() {
    return JwkThumbprint.of(publicKey());
  }

  /** ES256, r ‖ s. */
  byte[] sign(byte[] message) {
    return sign(message, "SHA256withECDSAinP1363Format");
  }

  /** The same in DER. */
  byte[] signDer(byte[] message) {
    return sign(message, "SHA256withECDSA");
  }

  private byte[] sign(byte[] message, String algorithm) {
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(pair.getPrivate());
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
