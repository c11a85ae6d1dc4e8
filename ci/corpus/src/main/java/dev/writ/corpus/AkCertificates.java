// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.AkCertificateVerifier;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.TrustedEndorsement;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;

/** 33 to 35 of what an authority says of an attestation key, whose TPM is known by its endorsement. */
final class AkCertificates {
  private static final TrustedEndorsement.Device DEVICE =
      new TrustedEndorsement.Device("id:57524954", "soft", "id:01");
  private static final ASN1ObjectIdentifier UNKNOWN = new ASN1ObjectIdentifier("1.2.3.4");
  private static final String EKU = "ak_eku_wrong";
  private static final String USAGE = "ak_key_usage_wrong";
  private static final String SAN = "ak_san_wrong";
  private static final String REVOKED = "ak_revoked";

  private final CorpusKey ak = CorpusKey.attestation();
  private final CorpusCa root = CorpusCa.root(profile -> profile);
  private final CorpusCa issuing = root.intermediate(profile -> profile);

  /** A certificate that says something else than it must. */
  private record Wrong(String reason, UnaryOperator<CorpusCa.Profile> change) {}

  private byte[] certificate(UnaryOperator<CorpusCa.Profile> change) {
    return issuing.certifyAk(ak.publicKey(), change);
  }

  private Observed judged(byte[] certificate) throws Exception {
    return judgedWith(Optional.empty(), certificate);
  }

  private Observed judgedWith(Optional<String> crls, byte[] certificate) throws Exception {
    return judged(CorpusCa.trust(root, crls, issuing), certificate);
  }

  private Observed judged(EndorsementTrust trust, byte[] certificate) {
    return Judge.akCertificate(
        new AkCertificateVerifier(trust), certificate, ak, DEVICE, CorpusCa.NOW);
  }

  private static UnaryOperator<CorpusCa.Profile> eku(KeyPurposeId... purposes) {
    return profile ->
        profile.with(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
  }

  private static UnaryOperator<CorpusCa.Profile> usage(boolean critical, int usage) {
    return profile -> profile.with(Extension.keyUsage, critical, new KeyUsage(usage));
  }

  private static UnaryOperator<CorpusCa.Profile> device(boolean critical, String... parts) {
    return profile ->
        profile.with(
            Extension.subjectAlternativeName, critical, CorpusCa.san(CorpusCa.device(parts)));
  }

  void profile(Tries tries) {
    KeyPurposeId own = KeyPurposeId.getInstance(CorpusCa.AK_CERTIFICATE);
    KeyPurposeId endorsement = KeyPurposeId.getInstance(CorpusCa.EK_CERTIFICATE);
    Map<String, Wrong> all = new LinkedHashMap<>();
    all.put("EKU of an EK certificate", new Wrong(EKU, eku(endorsement)));
    all.put("any EKU", new Wrong(EKU, eku(KeyPurposeId.anyExtendedKeyUsage)));
    all.put("EKU of both", new Wrong(EKU, eku(own, endorsement)));
    all.put("EKU of a TLS client, too", new Wrong(EKU, eku(own, KeyPurposeId.id_kp_clientAuth)));
    all.put("no EKU", new Wrong(EKU, p -> p.without(Extension.extendedKeyUsage)));
    all.put(
        "CA=true",
        new Wrong(
            "ak_certificate_is_ca",
            p -> p.with(Extension.basicConstraints, true, new BasicConstraints(true))));
    all.put(
        "key usage of a CA, too",
        new Wrong(USAGE, usage(true, KeyUsage.digitalSignature | KeyUsage.keyCertSign)));
    all.put("key usage of a key that agrees", new Wrong(USAGE, usage(true, KeyUsage.keyAgreement)));
    all.put("key usage not critical", new Wrong(USAGE, usage(false, KeyUsage.digitalSignature)));
    all.put("no key usage", new Wrong(USAGE, p -> p.without(Extension.keyUsage)));
    all.put("SAN of another maker", new Wrong(SAN, device(true, "id:53544D20", "soft", "id:01")));
    all.put("SAN of another model", new Wrong(SAN, device(true, "id:57524954", "other", "id:01")));
    all.put("SAN without a version", new Wrong(SAN, device(true, "id:57524954", "soft", "")));
    all.put(
        "SAN not critical beside an empty subject",
        new Wrong(SAN, device(false, "id:57524954", "soft", "id:01")));
    all.put(
        "SAN of no TPM",
        new Wrong(
            SAN,
            p ->
                p.with(
                    Extension.subjectAlternativeName,
                    true,
                    CorpusCa.san(new X500Name("CN=soft")))));
    all.put("no SAN", new Wrong(SAN, p -> p.without(Extension.subjectAlternativeName)));
    all.put(
        "unknown critical extension",
        new Wrong(
            "ak_critical_extension_unknown",
            p -> p.with(UNKNOWN, true, (ASN1Encodable) DERNull.INSTANCE)));
    tries.accepted("AK certificate", () -> judged(certificate(p -> p)));
    all.forEach(
        (what, wrong) ->
            tries.refused(
                "AK certificate, " + what, wrong.reason, () -> judged(certificate(wrong.change))));
    tries.refused(
        "AK certificate of another key",
        "ak_public_mismatch",
        () -> judged(issuing.certifyAk(CorpusKey.attestation().publicKey(), p -> p)));
    tries.refused(
        "EK certificate of the attestation key",
        () -> judged(issuing.endorse(ak.publicKey(), p -> p)));
  }

  void chain(Tries tries) {
    CorpusCa alone =
        CorpusCa.root(p -> p.with(Extension.basicConstraints, true, new BasicConstraints(0)));
    CorpusCa below = alone.intermediate(p -> p);
    tries.refused(
        "AK certificate below an intermediate that its root may not have",
        "ak_chain_invalid",
        () ->
            judged(
                CorpusCa.trust(alone, Optional.empty(), below),
                below.certifyAk(ak.publicKey(), p -> p)));
    tries.refused(
        "AK certificate under a root that is not believed",
        "ak_issuer_unknown",
        () -> judged(CorpusCa.root(p -> p).certifyAk(ak.publicKey(), p -> p)));
  }

  void revoked(Tries tries) {
    byte[] certificate = certificate(p -> p);
    BigInteger serial = CorpusCa.serialOf(certificate);
    Optional<String> none = Optional.of(issuing.crl(serial.add(BigInteger.TEN)) + root.crl());
    Optional<String> own = Optional.of(issuing.crl(serial) + root.crl());
    Optional<String> issuer = Optional.of(issuing.crl() + root.crl(issuing.serial()));
    tries.accepted("AK certificate, lists that name others", () -> judgedWith(none, certificate));
    tries.refused("the AK certificate", REVOKED, () -> judgedWith(own, certificate));
    tries.refused("the AK certificate's issuer", REVOKED, () -> judgedWith(issuer, certificate));
  }
}
