// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.evidence.MalformedEvidenceException;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.DLSequence;
import org.bouncycastle.asn1.DLSet;
import org.bouncycastle.asn1.DLTaggedObject;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A maker of TPMs, whose certificates follow the EK Credential Profile but for what is asked. */
final class CorpusCa {
  static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  static final ASN1ObjectIdentifier EK_CERTIFICATE = new ASN1ObjectIdentifier("2.23.133.8.1");
  static final ASN1ObjectIdentifier AK_CERTIFICATE = new ASN1ObjectIdentifier("2.23.133.8.3");

  private static final Date FROM = Date.from(Instant.parse("2026-01-01T00:00:00Z"));
  private static final Date UNTIL = Date.from(Instant.parse("2027-01-01T00:00:00Z"));
  private static final String[] DEVICE = {"id:57524954", "soft", "id:01"};

  private final X500Name name;
  private final KeyPair pair;
  private final X509CertificateHolder certificate;
  private final Serials serials;

  /** Counts certificates and names of one family of authorities. */
  private static final class Serials {
    private long last;

    long next() {
      return ++last;
    }
  }

  private record Part(ASN1ObjectIdentifier oid, boolean critical, byte[] value) {}

  /** The extensions of a certificate. */
  record Profile(List<Part> parts) {
    Profile {
      parts = List.copyOf(parts);
    }

    Profile without(ASN1ObjectIdentifier oid) {
      return new Profile(parts.stream().filter(part -> !part.oid.equals(oid)).toList());
    }

    Profile with(ASN1ObjectIdentifier oid, boolean critical, ASN1Encodable value) {
      return with(oid, critical, encoded(value, ASN1Encoding.DER));
    }

    Profile with(ASN1ObjectIdentifier oid, boolean critical, byte[] value) {
      List<Part> all = new ArrayList<>(without(oid).parts);
      all.add(new Part(oid, critical, value));
      return new Profile(all);
    }
  }

  private CorpusCa(
      X500Name name, KeyPair pair, X509CertificateHolder certificate, Serials serials) {
    this.name = name;
    this.pair = pair;
    this.certificate = certificate;
    this.serials = serials;
  }

  static CorpusCa root(UnaryOperator<Profile> change) {
    Serials serials = new Serials();
    KeyPair pair = newPair();
    X500Name name = new X500Name("CN=Root");
    return new CorpusCa(
        name,
        pair,
        sign(pair, name, serials.next(), name, info(pair.getPublic()), change.apply(ca())),
        serials);
  }

  CorpusCa intermediate(UnaryOperator<Profile> change) {
    KeyPair other = newPair();
    long serial = serials.next();
    X500Name subject = new X500Name("CN=Intermediate " + serial);
    return new CorpusCa(
        subject,
        other,
        sign(pair, name, serial, subject, info(other.getPublic()), change.apply(ca())),
        serials);
  }

  /** An endorsement key's certificate, DER. */
  byte[] endorse(SubjectPublicKeyInfo key, UnaryOperator<Profile> change) {
    X500Name nobody = new X500Name(new RDN[0]);
    Profile profile = change.apply(endorsement(key));
    return encoded(
        sign(pair, name, serials.next(), nobody, key, profile).toASN1Structure(), ASN1Encoding.DL);
  }

  byte[] endorse(PublicKey key, UnaryOperator<Profile> change) {
    return endorse(info(key), change);
  }

  /** An attestation key's certificate, DER. */
  byte[] certifyAk(PublicKey key, UnaryOperator<Profile> change) {
    X500Name nobody = new X500Name(new RDN[0]);
    Profile profile = change.apply(attestation());
    return encoded(
        sign(pair, name, serials.next(), nobody, info(key), profile).toASN1Structure(),
        ASN1Encoding.DER);
  }

  static SubjectPublicKeyInfo info(PublicKey key) {
    return SubjectPublicKeyInfo.getInstance(key.getEncoded());
  }

  private static Profile ca() {
    return new Profile(List.of())
        .with(Extension.basicConstraints, true, new BasicConstraints(true))
        .with(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
  }

  private static Profile endorsement(SubjectPublicKeyInfo key) {
    boolean ecc = key.getAlgorithm().getAlgorithm().getId().equals("1.2.840.10045.2.1");
    int usage = ecc ? KeyUsage.keyAgreement : KeyUsage.keyEncipherment;
    return new Profile(List.of())
        .with(Extension.basicConstraints, true, new BasicConstraints(false))
        .with(Extension.keyUsage, true, new KeyUsage(usage))
        .with(Extension.extendedKeyUsage, false, eku(EK_CERTIFICATE))
        .with(Extension.subjectAlternativeName, true, san(device()));
  }

  private static Profile attestation() {
    return new Profile(List.of())
        .with(Extension.basicConstraints, true, new BasicConstraints(false))
        .with(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
        .with(Extension.extendedKeyUsage, false, eku(AK_CERTIFICATE))
        .with(Extension.subjectAlternativeName, true, san(device()));
  }

  static ExtendedKeyUsage eku(ASN1ObjectIdentifier purpose) {
    return new ExtendedKeyUsage(KeyPurposeId.getInstance(purpose));
  }

  static GeneralNames san(X500Name device) {
    return new GeneralNames(new GeneralName(GeneralName.directoryName, device));
  }

  private static X500Name device() {
    return device(DEVICE);
  }

  /** A TPM by its manufacturer, model and version. */
  static X500Name device(String... parts) {
    X500NameBuilder builder = new X500NameBuilder();
    for (int i = 0; i < parts.length; i++) {
      builder.addRDN(deviceOid(i), new DERUTF8String(parts[i]));
    }
    return builder.build();
  }

  private static ASN1ObjectIdentifier deviceOid(int index) {
    return new ASN1ObjectIdentifier("2.23.133.2." + (index + 1));
  }

  /** The device in one RDN, its SET in another order than DER wants, as some makers write it. */
  static byte[] sanInOtherOrder() {
    ASN1Encodable[] attributes = new ASN1Encodable[DEVICE.length];
    for (int i = 0; i < attributes.length; i++) {
      int from = DEVICE.length - 1 - i;
      attributes[i] =
          new DLSequence(new ASN1Encodable[] {deviceOid(from), new DERUTF8String(DEVICE[from])});
    }
    DLSequence directoryName = new DLSequence(new DLSet(attributes));
    return encoded(
        new DLSequence(new DLTaggedObject(true, GeneralName.directoryName, directoryName)),
        ASN1Encoding.DL);
  }

  /** A revocation list of this authority. */
  String crl(BigInteger... revoked) {
    X509v2CRLBuilder builder = new X509v2CRLBuilder(name, FROM);
    builder.setNextUpdate(UNTIL);
    for (BigInteger each : revoked) {
      builder.addCRLEntry(each, FROM, CRLReason.keyCompromise);
    }
    try {
      return pem("X509 CRL", builder.build(signer(pair)).getEncoded());
    } catch (IOException e) {
      throw new IllegalStateException("bug: a revocation list has no encoding", e);
    }
  }

  static BigInteger serialOf(byte[] certificate) {
    try {
      return new X509CertificateHolder(certificate).getSerialNumber();
    } catch (IOException e) {
      throw new IllegalStateException("bug: no certificate", e);
    }
  }

  BigInteger serial() {
    return certificate.getSerialNumber();
  }

  private String pem() {
    return pem("CERTIFICATE", encoded(certificate.toASN1Structure(), ASN1Encoding.DER));
  }

  /** Who believes {@code root}, and knows of these authorities and these lists. */
  static EndorsementVerifier believing(
      CorpusCa root, Optional<String> crls, CorpusCa... intermediates)
      throws MalformedEvidenceException {
    return new EndorsementVerifier(trust(root, crls, intermediates));
  }

  static EndorsementTrust trust(CorpusCa root, Optional<String> crls, CorpusCa... intermediates)
      throws MalformedEvidenceException {
    StringBuilder pem = new StringBuilder();
    for (CorpusCa each : intermediates) {
      pem.append(each.pem());
    }
    EndorsementTrust trust = EndorsementTrust.ofPem(root.pem(), pem.toString());
    return crls.isPresent() ? trust.withCrls(crls.get()) : trust;
  }

  private static String pem(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder().encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  private static X509CertificateHolder sign(
      KeyPair issuer,
      X500Name issuerName,
      long serial,
      X500Name subject,
      SubjectPublicKeyInfo key,
      Profile profile) {
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            issuerName, BigInteger.valueOf(serial), FROM, UNTIL, subject, key);
    try {
      for (Part part : profile.parts) {
        builder.addExtension(part.oid, part.critical, part.value);
      }
      return builder.build(signer(issuer));
    } catch (IOException e) {
      throw new IllegalStateException("bug: a certificate has no encoding", e);
    }
  }

  private static ContentSigner signer(KeyPair pair) {
    try {
      return new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate());
    } catch (OperatorCreationException e) {
      throw new IllegalStateException("every Java must sign with P-256", e);
    }
  }

  private static KeyPair newPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java must have P-256", e);
    }
  }

  private static byte[] encoded(ASN1Encodable value, String encoding) {
    try {
      return value.toASN1Primitive().getEncoded(encoding);
    } catch (IOException e) {
      throw new IllegalStateException("bug: a structure has no encoding", e);
    }
  }
}
