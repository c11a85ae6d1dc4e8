// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.regex.Pattern;
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
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.RuntimeOperatorException;

/**
 * What a TLS server shows: a key in memory, certified for a day at most by the token's TLS key.
 *
 * <p>A handshake costs the token nothing, and a thief of the process's memory has a key that ends
 * with the day; its end is the caller's to watch ({@link #notAfter}). Clients believe the chain for the
 * trust file's pin of the certifying key.
 */
public final class ServerCertificate {
  /** Longest validity. */
  public static final Duration MAX_VALIDITY = Duration.ofHours(24);

  /** How far a client's clock may be behind. */
  private static final Duration BACKDATED = Duration.ofMinutes(5);

  private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");
  private static final Pattern DNS =
      Pattern.compile(
          "(?=.{1,253}$)[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
              + "(\\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*");

  private final PrivateKey privateKey;
  private final List<X509Certificate> chain;

  private ServerCertificate(PrivateKey privateKey, List<X509Certificate> chain) {
    this.privateKey = privateKey;
    this.chain = chain;
  }

  /**
   * Makes a P-256 key and has {@code ca} certify it for TLS servers.
   *
   * @param ca the key of {@link KeyRole#TLS}
   * @param names DNS names and IP addresses that clients know the server by, at least one
   * @param now from when on, with five minutes before it for clocks behind this one
   * @param validity at most {@link #MAX_VALIDITY}, in whole seconds
   * @throws HsmException if the token does not sign
   */
  public static ServerCertificate issue(
      HsmKey ca, List<String> names, Instant now, Duration validity, SecureRandom random)
      throws HsmException {
    requireSensible(ca, names, validity);
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      KeyPair pair = generator.generateKeyPair();
      X509Certificate leaf = certify(ca, names, now, validity, pair, random);
      return new ServerCertificate(pair.getPrivate(), List.of(leaf, ca.certificate()));
    } catch (RuntimeOperatorException e) {
      throw TokenSigner.failure(e);
    } catch (GeneralSecurityException | CertIOException e) {
      throw new IllegalStateException("bug: a P-256 key's certificate could not be written", e);
    }
  }

  private static void requireSensible(HsmKey ca, List<String> names, Duration validity) {
    if (ca.role() != KeyRole.TLS) {
      throw new IllegalArgumentException(
          "a TLS server's key must be certified by the key of role tls, was " + ca);
    }
    if (names.isEmpty()) {
      throw new IllegalArgumentException("a TLS server must have a name or address, has none");
    }
    if (validity.compareTo(Duration.ofSeconds(1)) < 0 || validity.compareTo(MAX_VALIDITY) > 0) {
      throw new IllegalArgumentException(
          "validity must be from PT1S to " + MAX_VALIDITY + ", was " + validity);
    }
  }

  private static X509Certificate certify(
      HsmKey ca,
      List<String> names,
      Instant now,
      Duration validity,
      KeyPair pair,
      SecureRandom random)
      throws GeneralSecurityException, CertIOException {
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            ca.certificate(),
            KeyCertificate.serial(random),
            Date.from(now.minus(BACKDATED)),
            Date.from(now.plus(validity)),
            new X500Principal(""),
            pair.getPublic());
    JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
    // The names stand in subjectAltName alone (RFC 9525 section 6.3), which is critical where the
    // subject is empty (RFC 5280 section 4.2.1.6).
    builder
        .addExtension(Extension.subjectAlternativeName, true, generalNames(names))
        .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
        .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
        .addExtension(
            Extension.extendedKeyUsage, true, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
        .addExtension(
            Extension.subjectKeyIdentifier,
            false,
            identifiers.createSubjectKeyIdentifier(pair.getPublic()))
        .addExtension(
            Extension.authorityKeyIdentifier,
            false,
            identifiers.createAuthorityKeyIdentifier(ca.publicKey()));
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new TokenSigner(ca::signDer)));
  }

  /** Whether a server can be certified by this name: a DNS name or an IP address. */
  public static boolean isName(String name) {
    try {
      var unused = generalName(name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static GeneralNames generalNames(List<String> names) {
    return new GeneralNames(
        names.stream().map(ServerCertificate::generalName).toArray(GeneralName[]::new));
  }

  private static GeneralName generalName(String name) {
    if (IPV4.matcher(name).matches() || IPV6.matcher(name).matches()) {
      return new GeneralName(GeneralName.iPAddress, name);
    }
    if (!DNS.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a TLS server's name must be a DNS name or an IP address, was " + name);
    }
    return new GeneralName(GeneralName.dNSName, name);
  }

  /** The key in memory. */
  public PrivateKey privateKey() {
    return privateKey;
  }

  /** The key's certificate, then the certifying key's. */
  public List<X509Certificate> chain() {
    return chain;
  }

  /** The first moment at which no client believes it. */
  public Instant notAfter() {
    return chain.get(0).getNotAfter().toInstant();
  }

  /** Key and chain as the one entry of a key store in memory, whose password is empty. */
  public KeyStore keyStore() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("server", privateKey, new char[0], chain.toArray(X509Certificate[]::new));
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("every Java platform has PKCS12 key stores", e);
    }
  }

  /** Names no secret. */
  @Override
  public String toString() {
    return "TLS server certificate until " + notAfter();
  }
}
