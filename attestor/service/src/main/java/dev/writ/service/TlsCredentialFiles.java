// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A TLS credential in two PEM files, as ACME clients leave them: a chain whose first certificate is the
 * door's, and its key as unencrypted PKCS#8. They are read again from time to time, so that a renewed
 * certificate is shown without a restart.
 *
 * @param chain the certificates
 * @param key the key
 */
public record TlsCredentialFiles(Path chain, Path key) implements TlsCredentialSource {
  private static final int MAX_BYTES = 64 * 1024;
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  @Override
  public TlsCredential next() throws IOException, GeneralSecurityException {
    List<X509Certificate> certificates = certificates();
    PrivateKey privateKey = privateKey(certificates.get(0).getPublicKey().getAlgorithm());
    requirePair(certificates.get(0), privateKey);
    return new TlsCredential(privateKey, certificates);
  }

  private List<X509Certificate> certificates() throws IOException, GeneralSecurityException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Certificate certificate :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(read(chain)))) {
      certificates.add((X509Certificate) certificate);
    }
    if (certificates.isEmpty()) {
      throw new GeneralSecurityException(chain + " must hold a PEM certificate, holds none");
    }
    return certificates;
  }

  private PrivateKey privateKey(String algorithm) throws IOException, GeneralSecurityException {
    byte[] pem = read(key);
    String text = new String(pem, StandardCharsets.ISO_8859_1);
    Arrays.fill(pem, (byte) 0);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new GeneralSecurityException(key + " must hold an unencrypted PKCS#8 key, holds none");
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
    } catch (IllegalArgumentException | InvalidKeySpecException e) {
      // Without the cause: its message may quote what it could not read.
      throw new GeneralSecurityException(
          key + " must hold the " + algorithm + " key of the certificate, holds another or none");
    }
  }

  /** A key of another certificate would fail each handshake, one by one, unseen. */
  private void requirePair(X509Certificate certificate, PrivateKey privateKey)
      throws GeneralSecurityException {
    String algorithm =
        switch (privateKey.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default ->
              throw new GeneralSecurityException(
                  key + " must be an EC or RSA key, is " + privateKey.getAlgorithm());
        };
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(privateKey);
    byte[] made = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    if (!signature.verify(made)) {
      throw new GeneralSecurityException(
          key + " must be the key of the first certificate in " + chain + ", is another");
    }
  }

  private static byte[] read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " must have at most " + MAX_BYTES + " bytes, has more");
    }
    return Files.readAllBytes(file);
  }
}
