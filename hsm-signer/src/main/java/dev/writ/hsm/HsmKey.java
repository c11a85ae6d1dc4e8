// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.Map;

/**
 * An ECDSA P-256 key in a token. Signs from any number of threads; the token's profile says how many
 * signatures may be under way at once.
 */
public final class HsmKey {
  private static final String DER = "SHA256withECDSA";
  private static final String P1363 = "SHA256withECDSAinP1363Format";

  /** r and s, 32 bytes each: RFC 7518 section 3.4. */
  private static final int P1363_BYTES = 64;

  private static final int CHALLENGE_BYTES = 32;

  private final KeySpec spec;
  private final X509Certificate certificate;
  private final ECPublicKey publicKey;
  private final Map<String, Boolean> attributes;
  private final SignaturePool p1363;
  private final SignaturePool der;

  private HsmKey(
      Token token,
      KeySpec spec,
      PrivateKey privateKey,
      X509Certificate certificate,
      ECPublicKey publicKey,
      Map<String, Boolean> attributes) {
    this.spec = spec;
    this.certificate = certificate;
    this.publicKey = publicKey;
    this.attributes = attributes;
    this.p1363 = new SignaturePool(token, spec, privateKey, P1363);
    this.der = new SignaturePool(token, spec, privateKey, DER);
  }

  /**
   * Fetches a key whose attributes were checked, with its certificate.
   *
   * @param attributes what the token said of it
   */
  static HsmKey load(Token token, KeySpec spec, Map<String, Boolean> attributes)
      throws HsmException {
    try {
      // Without a password: the process is logged in, and the provider asks the token first.
      KeyStore keyStore = KeyStore.getInstance("PKCS11", token.provider());
      keyStore.load(null, null);
      if (keyStore.getKey(spec.label(), null) instanceof PrivateKey privateKey
          && keyStore.getCertificate(spec.label()) instanceof X509Certificate certificate
          && certificate.getPublicKey() instanceof ECPublicKey publicKey) {
        HsmKey key = new HsmKey(token, spec, privateKey, certificate, publicKey, attributes);
        key.requireOwnCertificate();
        return key;
      }
      throw new HsmException(
          Fault.KEY_AMBIGUOUS,
          "SunPKCS11 must list the key "
              + spec
              + " with a certificate of an EC key, and does not: remove both and run writ keys init");
    } catch (GeneralSecurityException | IOException | ProviderException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must give access to the key " + spec + ", and failed", e);
    }
  }

  /** A fresh signature shows that the private key is the certificate's, which the token never says. */
  private void requireOwnCertificate() throws HsmException, GeneralSecurityException {
    byte[] challenge = new byte[CHALLENGE_BYTES];
    new SecureRandom().nextBytes(challenge);
    Signature verifier = Signature.getInstance(P1363);
    verifier.initVerify(publicKey);
    verifier.update(challenge);
    if (!verifier.verify(signP1363(challenge))) {
      throw new HsmException(
          Fault.KEY_AMBIGUOUS,
          "the certificate of the key "
              + spec
              + " must hold its public key, and holds another: remove both and run writ keys init");
    }
  }

  /** What the key is believed in. */
  public KeyRole role() {
    return spec.role();
  }

  /** The names by which the token knows the key. */
  public KeySpec spec() {
    return spec;
  }

  /** The public half; its key identifier is the caller's to compute. */
  public ECPublicKey publicKey() {
    return publicKey;
  }

  /**
   * The certificate beside the key, signed by the key itself: PKCS#11 key stores list no key without
   * one. It vouches for nothing.
   */
  public X509Certificate certificate() {
    return certificate;
  }

  /** What the token said of the private key when it was opened, by attribute name. */
  public Map<String, Boolean> attributes() {
    return attributes;
  }

  /**
   * ECDSA over the SHA-256 of {@code message}, as JWS carries it: r ‖ s, 64 bytes (RFC 7518, section
   * 3.4).
   */
  public byte[] signP1363(byte[] message) throws HsmException {
    byte[] signature = p1363.sign(message);
    if (signature.length != P1363_BYTES) {
      throw new HsmException(
          Fault.TOKEN_FAILED,
          String.format(
              "the token's signature with %s must be %d bytes, was %d",
              spec, P1363_BYTES, signature.length));
    }
    return signature;
  }

  /** ECDSA over the SHA-256 of {@code message}, as signed notes carry it: DER (RFC 3279, 2.2.3). */
  public byte[] signDer(byte[] message) throws HsmException {
    return der.sign(message);
  }

  @Override
  public String toString() {
    return spec.toString();
  }
}
