// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Cosigner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;

/** A witness's private key: Ed25519, unencrypted PKCS#8 in PEM (RFC 8410), its owner's alone. */
final class WitnessKeyFile {
  /** What a witness's name must be. */
  static final String NAME_FORM =
      "1 to 255 visible ASCII characters without a plus, such as witness.example/w1";

  private static final int MAX_BYTES = 16 * 1024;
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  private WitnessKeyFile() {}

  /** The name that {@code text} is, if it is one. */
  static Optional<String> name(String text) {
    boolean visible =
        !text.isEmpty()
            && text.length() <= 255
            && text.chars().allMatch(c -> c >= '!' && c <= '~' && c != '+');
    return visible ? Optional.of(text) : Optional.empty();
  }

  /** The key as the file has it. */
  static String pem(PrivateKey key) {
    return BEGIN
        + "\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
        + "\n"
        + END
        + "\n";
  }

  /**
   * The cosigner whose key is in {@code file}.
   *
   * @throws IOException if it cannot be read, or by others too
   * @throws GeneralSecurityException if it holds no such key; what it holds is not told
   */
  static Cosigner read(String name, Path file) throws IOException, GeneralSecurityException {
    byte[] pem = OwnersFile.read(file, MAX_BYTES);
    String text = new String(pem, StandardCharsets.ISO_8859_1);
    Arrays.fill(pem, (byte) 0);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw mustBe(file);
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
      KeyFactory factory = KeyFactory.getInstance("Ed25519");
      PrivateKey key = factory.generatePrivate(new PKCS8EncodedKeySpec(der));
      Arrays.fill(der, (byte) 0);
      byte[] seed = ((EdECPrivateKey) key).getBytes().orElseThrow(() -> mustBe(file));
      PublicKey publicKey = factory.generatePublic(new X509EncodedKeySpec(spki(seed)));
      Arrays.fill(seed, (byte) 0);
      return Cosigner.of(name, new KeyPair(publicKey, key));
    } catch (IllegalArgumentException | ClassCastException | GeneralSecurityException e) {
      // Without the cause: its message may quote what it could not read.
      throw mustBe(file);
    }
  }

  /** The JDK computes no public key from a private one. */
  private static byte[] spki(byte[] seed) {
    try {
      return new SubjectPublicKeyInfo(
              new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519),
              new Ed25519PrivateKeyParameters(seed).generatePublicKey().getEncoded())
          .getEncoded();
    } catch (IOException e) {
      throw new UncheckedIOException("a bug: a key in memory has no encoding", e);
    }
  }

  private static GeneralSecurityException mustBe(Path file) {
    return new GeneralSecurityException(
        file + " must hold an unencrypted PKCS#8 Ed25519 key, holds another or none");
  }
}
