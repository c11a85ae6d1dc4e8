// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tlog.Hash;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/** Certifies TLS servers that are as they should be, and others. All end after a day. */
final class TlsAuthority {
  private final Instant now;
  private final Subject self;

  /**
   * A key and the chain that is shown for it.
   *
   * @param key its own
   * @param chain its certificate first
   */
  record Subject(KeyPair key, List<X509Certificate> chain, Instant now) {
    Subject showing(List<X509Certificate> others) {
      return new Subject(key, others, now);
    }

    /** A server whose certificate this one signed, authority or not. */
    Subject certifies(String... names) {
      return TlsAuthority.certify(this, KeyPurposeId.id_kp_serverAuth, now, names);
    }

    SSLContext context() throws Exception {
      return context((TrustManager[]) null);
    }

    /** One that believes clients, too. */
    SSLContext context(TrustManager @Nullable ... clients) throws Exception {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "server", key.getPrivate(), new char[0], chain.toArray(X509Certificate[]::new));
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(store, new char[0]);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), clients, null);
      return context;
    }
  }

  private TlsAuthority(Instant now, Subject self) {
    this.now = now;
    this.self = self;
  }

  static TlsAuthority create(Instant now) {
    return create(now, 0);
  }

  static TlsAuthority create(Instant now, int pathLength) {
    KeyPair key = newKeyPair();
    JcaX509v3CertificateBuilder builder = builder("CN=authority", "CN=authority", key, now);
    return new TlsAuthority(
        now, new Subject(key, List.of(authority(builder, pathLength, key)), now));
  }

  /** Another authority, below this one. */
  TlsAuthority authority() {
    KeyPair key = newKeyPair();
    JcaX509v3CertificateBuilder builder = builder("CN=authority", "CN=below", key, now);
    return new TlsAuthority(
        now, new Subject(key, chain(authority(builder, 0, self.key()), self), now));
  }

  X509Certificate certificate() {
    return self.chain().get(0);
  }

  Hash pin() {
    return Hash.sha256(certificate().getPublicKey().getEncoded());
  }

  Subject server(String... names) {
    return self.certifies(names);
  }

  Subject client(String... names) {
    return certify(self, KeyPurposeId.id_kp_clientAuth, now, names);
  }

  private static Subject certify(Subject by, KeyPurposeId purpose, Instant now, String... names) {
    KeyPair key = newKeyPair();
    String issuer = by.chain().get(0).getSubjectX500Principal().getName();
    JcaX509v3CertificateBuilder builder = builder(issuer, "CN=server", key, now);
    GeneralName[] alternatives =
        Arrays.stream(names)
            .map(
                name ->
                    new GeneralName(
                        Character.isDigit(name.charAt(0))
                            ? GeneralName.iPAddress
                            : GeneralName.dNSName,
                        name))
            .toArray(GeneralName[]::new);
    try {
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
          .addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(purpose))
          .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
    } catch (CertIOException e) {
      throw new IllegalStateException(e);
    }
    return new Subject(key, chain(sign(builder, by.key()), by), now);
  }

  private static X509Certificate authority(
      JcaX509v3CertificateBuilder builder, int pathLength, KeyPair by) {
    try {
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(pathLength))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
    } catch (CertIOException e) {
      throw new IllegalStateException(e);
    }
    return sign(builder, by);
  }

  private static List<X509Certificate> chain(X509Certificate first, Subject by) {
    List<X509Certificate> chain = new ArrayList<>(List.of(first));
    chain.addAll(by.chain());
    return chain;
  }

  private static JcaX509v3CertificateBuilder builder(
      String issuer, String subject, KeyPair key, Instant now) {
    return new JcaX509v3CertificateBuilder(
        new X500Principal(issuer),
        new BigInteger(64, new SecureRandom()).setBit(64),
        Date.from(now.minus(Duration.ofHours(1))),
        Date.from(now.plus(Duration.ofDays(1))),
        new X500Principal(subject),
        key.getPublic());
  }

  private static X509Certificate sign(JcaX509v3CertificateBuilder builder, KeyPair by) {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by.getPrivate())));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair newKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
