// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.math.BigInteger;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A key that a TLS client shows, in whatever certificates.
 *
 * @param pair the key
 * @param chain what is shown, its own certificate first
 */
record ClientCertificate(KeyPair pair, List<X509Certificate> chain) {
  private static final ASN1ObjectIdentifier SOMETHING =
      new ASN1ObjectIdentifier("1.3.6.1.4.1.99999.1");

  static ClientCertificate of(KeyPair pair) throws Exception {
    return of(pair, Instant.now().minus(Duration.ofHours(1)), Instant.now().plusSeconds(3_600), 0);
  }

  static ClientCertificate of(KeyPair pair, Instant begin, Instant end, int padding)
      throws Exception {
    return new ClientCertificate(pair, List.of(certificate(pair, begin, end, padding)));
  }

  /** The same with another certificate behind it. */
  ClientCertificate and(X509Certificate other) {
    return new ClientCertificate(pair, List.of(chain.get(0), other));
  }

  /** The same, of which these bytes are sent. */
  ClientCertificate encodedAs(byte[] bytes) {
    return new ClientCertificate(pair, List.of(new ForgedCertificate(chain.get(0), bytes)));
  }

  private static X509Certificate certificate(KeyPair pair, Instant begin, Instant end, int padding)
      throws Exception {
    X500Principal name = new X500Principal("CN=client");
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name, BigInteger.ONE, Date.from(begin), Date.from(end), name, pair.getPublic());
    if (padding > 0) {
      builder.addExtension(SOMETHING, false, new DEROctetString(new byte[padding]));
    }
    String algorithm =
        pair.getPrivate().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder(algorithm).build(pair.getPrivate())));
  }

  static KeyPair rsa() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2_048);
    return generator.generateKeyPair();
  }

  static KeyPair p384() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp384r1"));
    return generator.generateKeyPair();
  }

  /** Believes any server, and shows this. */
  SSLContext context() throws Exception {
    return TlsDoorTest.client(new Shown(pair.getPrivate(), chain.toArray(X509Certificate[]::new)));
  }

  /** Shows it to whoever asks; a key store would look at the chain. */
  private static final class Shown extends X509ExtendedKeyManager {
    private final PrivateKey key;
    private final X509Certificate[] chain;

    private Shown(PrivateKey key, X509Certificate[] chain) {
      this.key = key;
      this.chain = chain;
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return Arrays.asList(keyTypes).contains(key.getAlgorithm()) ? "client" : null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return chain;
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return key;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }
  }
}
