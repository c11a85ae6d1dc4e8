// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.io.IOException;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A manufacturer's CA in software, and endorsement certificates with one part wrong at a time. */
final class SoftwareCa {
  static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  static final Instant UNTIL = Instant.parse("2027-01-01T00:00:00Z");
  static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  static final ASN1ObjectIdentifier EK_CERTIFICATE = new ASN1ObjectIdentifier("2.23.133.8.1");
  static final ASN1ObjectIdentifier AK_CERTIFICATE = new ASN1ObjectIdentifier("2.23.133.8.3");

  private static long serial;

  final X500Name name;
  final KeyPair pair;
  final X509CertificateHolder certificate;

  private SoftwareCa(X500Name name, KeyPair pair, X509CertificateHolder certificate) {
    this.name = name;
    this.pair = pair;
    this.certificate = certificate;
  }

  /** An extension to write, by its value and whether it is critical. */
  record Ext(ASN1ObjectIdentifier oid, boolean critical, ASN1Encodable value) {}

  /** What a certificate says. */
  record Profile(X500Name subject, Instant from, Instant until, List<Ext> extensions) {
    Profile without(ASN1ObjectIdentifier oid) {
      return new Profile(
          subject, from, until, extensions.stream().filter(e -> !e.oid.equals(oid)).toList());
    }

    Profile with(ASN1ObjectIdentifier oid, boolean critical, ASN1Encodable value) {
      List<Ext> all = new ArrayList<>(without(oid).extensions);
      all.add(new Ext(oid, critical, value));
      return new Profile(subject, from, until, all);
    }

    Profile valid(Instant otherFrom, Instant otherUntil) {
      return new Profile(subject, otherFrom, otherUntil, extensions);
    }

    Profile named(X500Name other) {
      return new Profile(other, from, until, extensions);
    }
  }

  static SoftwareCa root() {
    return root(profile -> profile);
  }

  static SoftwareCa root(UnaryOperator<Profile> change) {
    KeyPair pair = SoftwareAk.generateEcc(TpmCurve.P256);
    X500Name name = new X500Name("CN=Root " + nextSerial());
    return new SoftwareCa(name, pair, signed(pair, name, pair.getPublic(), change.apply(ca(name))));
  }

  SoftwareCa intermediate() {
    return intermediate(profile -> profile);
  }

  SoftwareCa intermediate(UnaryOperator<Profile> change) {
    return intermediate(SoftwareAk.generateEcc(TpmCurve.P256), change);
  }

  SoftwareCa intermediate(KeyPair other, UnaryOperator<Profile> change) {
    Profile profile = change.apply(ca(new X500Name("CN=Intermediate " + nextSerial())));
    return new SoftwareCa(profile.subject, other, signed(pair, name, other.getPublic(), profile));
  }

  /** The key of this CA under another certificate of it. */
  SoftwareCa certifiedBy(SoftwareCa issuer) {
    return new SoftwareCa(name, pair, signed(issuer.pair, issuer.name, pair.getPublic(), ca(name)));
  }

  byte[] endorse(PublicKey ek) {
    return endorse(ek, profile -> profile);
  }

  byte[] endorse(PublicKey ek, UnaryOperator<Profile> change) {
    return endorse(SubjectPublicKeyInfo.getInstance(ek.getEncoded()), change);
  }

  byte[] endorse(SubjectPublicKeyInfo ek, UnaryOperator<Profile> change) {
    boolean ecc = ek.getAlgorithm().getAlgorithm().getId().equals("1.2.840.10045.2.1");
    return encoded(build(pair, name, ek, change.apply(endorsement(ecc))));
  }

  /** A certificate for an attestation key, given as SubjectPublicKeyInfo. */
  byte[] certifyAk(byte[] ak, UnaryOperator<Profile> change) {
    Profile profile =
        endorsement(true)
            .with(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
            .with(Extension.extendedKeyUsage, false, eku(AK_CERTIFICATE));
    return encoded(build(pair, name, SubjectPublicKeyInfo.getInstance(ak), change.apply(profile)));
  }

  /** A certificate of this CA whose signed part was changed before it was signed. */
  byte[] resigned(byte[] certificate, UnaryOperator<byte[]> change) {
    try {
      X509CertificateHolder holder = new X509CertificateHolder(certificate);
      byte[] signed = change.apply(holder.toASN1Structure().getTBSCertificate().getEncoded());
      ContentSigner signer = signer(pair);
      signer.getOutputStream().write(signed);
      byte[] signature = new DERBitString(signer.getSignature()).getEncoded();
      byte[] algorithm = signer.getAlgorithmIdentifier().getEncoded();
      return new TpmWriter()
          .u16(0x3082)
          .u16(signed.length + algorithm.length + signature.length)
          .bytes(signed)
          .bytes(algorithm)
          .bytes(signature)
          .toByteArray();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Profile ca(X500Name name) {
    return new Profile(name, FROM, UNTIL, List.of())
        .with(Extension.basicConstraints, true, new BasicConstraints(true))
        .with(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
  }

  private static Profile endorsement(boolean ecc) {
    int usage = ecc ? KeyUsage.keyAgreement : KeyUsage.keyEncipherment;
    return new Profile(new X500Name(new org.bouncycastle.asn1.x500.RDN[0]), FROM, UNTIL, List.of())
        .with(Extension.basicConstraints, true, new BasicConstraints(false))
        .with(Extension.keyUsage, true, new KeyUsage(usage))
        .with(Extension.extendedKeyUsage, false, eku(EK_CERTIFICATE))
        .with(Extension.subjectAlternativeName, true, san(device("id:57524954", "soft", "id:01")));
  }

  static ExtendedKeyUsage eku(ASN1ObjectIdentifier purpose) {
    return new ExtendedKeyUsage(KeyPurposeId.getInstance(purpose));
  }

  static GeneralNames san(X500Name name) {
    return new GeneralNames(new GeneralName(GeneralName.directoryName, name));
  }

  static X500Name device(String manufacturer, String model, String version) {
    X500NameBuilder builder = new X500NameBuilder();
    String[] values = {manufacturer, model, version};
    for (int i = 0; i < values.length; i++) {
      if (!values[i].isEmpty()) {
        builder.addRDN(
            new ASN1ObjectIdentifier("2.23.133.2." + (i + 1)), new DERUTF8String(values[i]));
      }
    }
    return builder.build();
  }

  String pem() {
    return pem("CERTIFICATE", encoded(certificate));
  }

  byte[] der() {
    return encoded(certificate);
  }

  /** A revocation list of this CA, of the certificates with these serial numbers. */
  String crl(BigInteger... revoked) {
    return crl(FROM, Optional.of(UNTIL), revoked);
  }

  /** The same of a part of its certificates. */
  String partialCrl(IssuingDistributionPoint part, BigInteger... revoked) {
    X509v2CRLBuilder builder = new X509v2CRLBuilder(name, Date.from(FROM));
    builder.setNextUpdate(Date.from(UNTIL));
    try {
      builder.addExtension(Extension.issuingDistributionPoint, true, part);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return crl(builder, revoked);
  }

  /** The same of {@code thisUpdate}, with {@code nextUpdate} or without. */
  String crl(Instant thisUpdate, Optional<Instant> nextUpdate, BigInteger... revoked) {
    X509v2CRLBuilder builder = new X509v2CRLBuilder(name, Date.from(thisUpdate));
    nextUpdate.ifPresent(next -> builder.setNextUpdate(Date.from(next)));
    return crl(builder, revoked);
  }

  private String crl(X509v2CRLBuilder builder, BigInteger... revoked) {
    for (BigInteger each : revoked) {
      builder.addCRLEntry(each, Date.from(FROM), CRLReason.keyCompromise);
    }
    try {
      return pem("X509 CRL", builder.build(signer(pair)).getEncoded());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static BigInteger serialOf(byte[] certificate) {
    try {
      return new X509CertificateHolder(certificate).getSerialNumber();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
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

  private static X509CertificateHolder signed(
      KeyPair issuer, X500Name issuerName, PublicKey subject, Profile profile) {
    return build(
        issuer, issuerName, SubjectPublicKeyInfo.getInstance(subject.getEncoded()), profile);
  }

  private static X509CertificateHolder build(
      KeyPair issuer, X500Name issuerName, SubjectPublicKeyInfo subject, Profile profile) {
    try {
      X509v3CertificateBuilder builder =
          new X509v3CertificateBuilder(
              issuerName,
              BigInteger.valueOf(nextSerial()),
              Date.from(profile.from),
              Date.from(profile.until),
              profile.subject,
              subject);
      for (Ext extension : profile.extensions) {
        builder.addExtension(extension.oid, extension.critical, extension.value);
      }
      return builder.build(signer(issuer));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static ContentSigner signer(KeyPair pair) {
    try {
      String algorithm = pair.getPrivate().getAlgorithm();
      return new JcaContentSignerBuilder(
              "SHA256with" + (algorithm.equals("EC") ? "ECDSA" : algorithm))
          .build(pair.getPrivate());
    } catch (OperatorCreationException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] encoded(X509CertificateHolder holder) {
    try {
      return holder.getEncoded();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static synchronized long nextSerial() {
    return ++serial;
  }

  static EndorsementVerifier verifier(SoftwareCa root, SoftwareCa... intermediates) {
    StringBuilder pem = new StringBuilder();
    for (SoftwareCa each : intermediates) {
      pem.append(each.pem());
    }
    return new EndorsementVerifier(trust(root.pem(), pem.toString(), Optional.empty()));
  }

  static EndorsementTrust trust(String roots, String intermediates, Optional<String> crls) {
    try {
      EndorsementTrust trust = EndorsementTrust.ofPem(roots, intermediates);
      return crls.isPresent() ? trust.withCrls(crls.get()) : trust;
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }
}
