// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Integer;
import sun.security.pkcs11.wrapper.CK_ATTRIBUTE;
import sun.security.pkcs11.wrapper.PKCS11Constants;

/** The objects of a token that go by the names of a {@link KeySpec}. */
final class TokenObjects {
  private static final CK_ATTRIBUTE PRIVATE_KEY =
      new CK_ATTRIBUTE(PKCS11Constants.CKA_CLASS, PKCS11Constants.CKO_PRIVATE_KEY);
  private static final CK_ATTRIBUTE PUBLIC_KEY =
      new CK_ATTRIBUTE(PKCS11Constants.CKA_CLASS, PKCS11Constants.CKO_PUBLIC_KEY);
  private static final CK_ATTRIBUTE CERTIFICATE =
      new CK_ATTRIBUTE(PKCS11Constants.CKA_CLASS, PKCS11Constants.CKO_CERTIFICATE);

  /** Many times what an inventory has with all the generations that are listed. */
  private static final int MAX_PRIVATE_KEYS = 4_096;

  private final CryptokiSession session;

  TokenObjects(CryptokiSession session) {
    this.session = session;
  }

  /** Whether anything at all goes by the label or by the id. */
  boolean isTaken(KeySpec spec) throws CkrException {
    boolean taken = session.find(label(spec)).length > 0 || session.find(id(spec)).length > 0;
    session.requireLogin();
    return taken;
  }

  /**
   * The labels of all private keys in the token, whoever made them, each once.
   *
   * @throws HsmException if there are more than {@link #MAX_PRIVATE_KEYS}
   */
  Set<String> privateKeyLabels() throws HsmException, CkrException {
    long[] keys = session.findAll(MAX_PRIVATE_KEYS + 1, PRIVATE_KEY);
    if (keys.length > MAX_PRIVATE_KEYS) {
      throw new HsmException(
          Fault.TOKEN_FAILED,
          "the token must hold at most "
              + MAX_PRIVATE_KEYS
              + " private keys, and holds more: remove those that nothing uses");
    }
    Set<String> labels = new HashSet<>();
    for (long key : keys) {
      char[] label = session.attribute(key, PKCS11Constants.CKA_LABEL).getCharArray();
      labels.add(label == null ? "" : new String(label));
    }
    session.requireLogin();
    return labels;
  }

  /**
   * The private key's handle. Both names must lead to this one key: many programs pair key and
   * certificate by CKA_ID alone, so a second key with that id could be signed with unchecked.
   */
  long privateKey(KeySpec spec) throws HsmException, CkrException {
    long[] byId = session.find(PRIVATE_KEY, id(spec));
    long[] byLabel = session.find(PRIVATE_KEY, label(spec));
    if (byId.length == 0 && byLabel.length == 0) {
      throw new HsmException(
          Fault.KEY_MISSING,
          "the token must hold the key "
              + spec
              + ", and does not: "
              + (spec.generation() == 1
                  ? "run writ keys init"
                  : "put it back, or use another key of its role"));
    }
    return one(spec, "private key", byId, byLabel, "remove or rename the others");
  }

  /**
   * The one object to which both names lead.
   *
   * @param what it is, for the message
   * @param next what to do where there is none or more
   */
  static long one(KeySpec spec, String what, long[] byId, long[] byLabel, String next)
      throws HsmException {
    if (byId.length != 1 || byLabel.length != 1 || byId[0] != byLabel[0]) {
      throw new HsmException(
          Fault.KEY_AMBIGUOUS,
          String.format(
              "the label and the id of %s must name one %s, and %d have the label, %d the id: %s",
              spec, what, byLabel.length, byId.length, next));
    }
    return byId[0];
  }

  /** The key's public half, for which its label and id must name one object as well. */
  PublicKey publicKey(KeySpec spec) throws HsmException, CkrException, GeneralSecurityException {
    long[] byId = session.find(PUBLIC_KEY, id(spec));
    long[] byLabel = session.find(PUBLIC_KEY, label(spec));
    long handle = one(spec, "public key", byId, byLabel, "remove or rename the others");
    return spec.algorithm()
        .publicKeyOf(session.attribute(handle, PKCS11Constants.CKA_EC_POINT).getByteArray());
  }

  /**
   * The key's certificate. A key without one, or with several, is refused: other programs' key stores
   * would not list it.
   */
  X509Certificate certificate(KeySpec spec) throws HsmException, CkrException {
    long[] byId = session.find(CERTIFICATE, id(spec));
    long[] byLabel = session.find(CERTIFICATE, label(spec));
    long handle =
        one(
            spec,
            "certificate",
            byId,
            byLabel,
            "if writ keys init was interrupted, remove what it left and run it again");
    byte[] der = session.attribute(handle, PKCS11Constants.CKA_VALUE).getByteArray();
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new HsmException(
          Fault.KEY_AMBIGUOUS,
          "the certificate of the key "
              + spec
              + " must be one of X.509, and is not: remove both and run writ keys init",
          e);
    }
  }

  /** Stores a key's certificate (PKCS#11 v2.40, section 4.6.3) under the key's names. */
  void storeCertificate(KeySpec spec, X509Certificate certificate) throws CkrException {
    try {
      session.create(
          CERTIFICATE,
          new CK_ATTRIBUTE(PKCS11Constants.CKA_CERTIFICATE_TYPE, PKCS11Constants.CKC_X_509),
          new CK_ATTRIBUTE(PKCS11Constants.CKA_TOKEN, true),
          new CK_ATTRIBUTE(PKCS11Constants.CKA_PRIVATE, false),
          label(spec),
          id(spec),
          new CK_ATTRIBUTE(
              PKCS11Constants.CKA_SUBJECT, certificate.getSubjectX500Principal().getEncoded()),
          new CK_ATTRIBUTE(
              PKCS11Constants.CKA_ISSUER, certificate.getIssuerX500Principal().getEncoded()),
          new CK_ATTRIBUTE(
              PKCS11Constants.CKA_SERIAL_NUMBER,
              new ASN1Integer(certificate.getSerialNumber()).getEncoded()),
          new CK_ATTRIBUTE(PKCS11Constants.CKA_VALUE, certificate.getEncoded()));
    } catch (CertificateEncodingException | IOException e) {
      throw new IllegalStateException("a certificate that was just made must have a DER form", e);
    }
  }

  /**
   * Removes whatever goes by both names: the private key first, after which the others do no harm. What goes
   * meanwhile is no error.
   */
  void destroy(KeySpec spec) throws CkrException {
    destroyAll(session.find(PRIVATE_KEY, label(spec), id(spec)));
    destroyAll(session.find(label(spec), id(spec)));
  }

  private void destroyAll(long[] objects) throws CkrException {
    for (long object : objects) {
      try {
        session.destroy(object);
      } catch (CkrException e) {
        // Tokens that keep both halves of a key in one object remove the other with the first.
        if (!e.is(ReturnValue.CKR_OBJECT_HANDLE_INVALID)) {
          throw e;
        }
      }
    }
  }

  private static CK_ATTRIBUTE label(KeySpec spec) {
    return new CK_ATTRIBUTE(
        PKCS11Constants.CKA_LABEL, spec.label().getBytes(StandardCharsets.US_ASCII));
  }

  private static CK_ATTRIBUTE id(KeySpec spec) {
    return new CK_ATTRIBUTE(PKCS11Constants.CKA_ID, HexFormat.of().parseHex(spec.idHex()));
  }
}
