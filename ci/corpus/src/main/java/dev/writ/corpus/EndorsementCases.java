// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.corpus.CorpusKey.Kind;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SoftwareTpm;
import dev.writ.fixtures.Wire;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/** 25 and 33 to 36: what a TPM's maker says of it, or does not. */
final class EndorsementCases {
  private static final String CHAIN = "ek_chain_invalid";

  private final CorpusCa root = CorpusCa.root(profile -> profile);
  private final CorpusCa issuing = root.intermediate(profile -> profile);
  private final AkCertificates akCertificates = new AkCertificates();
  private final SoftwareTpm tpm;
  private final SoftwareTpm otherTpm;

  EndorsementCases() {
    EndorsementAuthority maker = EndorsementAuthority.create(CorpusCa.NOW, new SecureRandom());
    this.tpm = SoftwareTpm.manufacture(maker);
    this.otherTpm = SoftwareTpm.manufacture(maker);
  }

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(
            25, Level.VERIFIER, "EK certificate of TPM A, EK public of TPM B", this::otherTpm),
        new NegativeCase(
            33, Level.VERIFIER, "EKU, CA, SAN or extensions of another certificate", this::profile),
        new NegativeCase(
            34, Level.VERIFIER, "intermediate not CA, path length, name constraint", this::chain),
        new NegativeCase(
            35, Level.VERIFIER, "revoked EK or AK certificate, or issuer", this::revoked),
        new NegativeCase(
            36,
            Level.VERIFIER,
            "accept: EK certificates with header, padding, RSAES-OAEP, non-DER order",
            this::real));
  }

  private Observed judged(EndorsementVerifier verifier, byte[] certificate) {
    return Judge.endorsement(verifier, certificate, tpm.endorsementArea(), CorpusCa.NOW);
  }

  private EndorsementVerifier verifier() throws Exception {
    return CorpusCa.believing(root, Optional.empty(), issuing);
  }

  private byte[] certificate(UnaryOperator<CorpusCa.Profile> change) {
    return issuing.endorse(tpm.endorsementKey(), change);
  }

  private void otherTpm(Tries tries) throws Exception {
    EndorsementVerifier verifier = verifier();
    tries.accepted("certificate and key of one TPM", () -> judged(verifier, certificate(p -> p)));
    byte[] others = issuing.endorse(otherTpm.endorsementKey(), p -> p);
    tries.refused(
        "certificate of another TPM", "ek_public_mismatch", () -> judged(verifier, others));
    PublicKey rsa =
        CorpusKey.attestation(Kind.RSA_2048, CorpusKey.RSASSA, CorpusKey.SHA256).publicKey();
    tries.refused(
        "certificate of another kind of key",
        "ek_public_mismatch",
        () -> judged(verifier, issuing.endorse(rsa, p -> p)));
  }

  private void profile(Tries tries) throws Exception {
    EndorsementVerifier verifier = verifier();
    record Wrong(String what, String reason, UnaryOperator<CorpusCa.Profile> change) {}
    List<Wrong> all =
        List.of(
            new Wrong(
                "EKU of an AK certificate",
                "ek_eku_missing",
                p ->
                    p.with(
                        Extension.extendedKeyUsage, false, CorpusCa.eku(CorpusCa.AK_CERTIFICATE))),
            new Wrong("no EKU", "ek_eku_missing", p -> p.without(Extension.extendedKeyUsage)),
            new Wrong(
                "CA=true",
                "ek_certificate_is_ca",
                p -> p.with(Extension.basicConstraints, true, new BasicConstraints(true))),
            new Wrong(
                "key usage of a signing key",
                "ek_key_usage_wrong",
                p -> p.with(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))),
            new Wrong(
                "SAN of no TPM",
                "ek_san_wrong",
                p ->
                    p.with(
                        Extension.subjectAlternativeName,
                        true,
                        CorpusCa.san(new X500Name("CN=soft")))),
            new Wrong("no SAN", "ek_san_wrong", p -> p.without(Extension.subjectAlternativeName)),
            new Wrong(
                "SAN not critical beside an empty subject",
                "ek_san_wrong",
                p -> p.with(Extension.subjectAlternativeName, false, CorpusCa.sanInOtherOrder())),
            new Wrong(
                "unknown critical extension",
                "ek_critical_extension_unknown",
                p ->
                    p.with(
                        new ASN1ObjectIdentifier("1.2.3.4"),
                        true,
                        (ASN1Encodable) DERNull.INSTANCE)));
    for (Wrong wrong : all) {
      tries.refused(wrong.what, wrong.reason, () -> judged(verifier, certificate(wrong.change)));
    }
    tries.accepted(
        "unknown extension that is not critical",
        () ->
            judged(
                verifier,
                certificate(
                    p ->
                        p.with(
                            new ASN1ObjectIdentifier("1.2.3.4"),
                            false,
                            (ASN1Encodable) DERNull.INSTANCE))));
    akCertificates.profile(tries);
  }

  private void chain(Tries tries) throws Exception {
    tries.refused(
        "issuer is no CA", CHAIN, () -> under(root, intermediate(EndorsementCases::notCa)));
    tries.refused(
        "issuer may not sign certificates",
        CHAIN,
        () ->
            under(
                root,
                intermediate(
                    p ->
                        p.with(
                            Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature)))));
    CorpusCa shortRoot =
        CorpusCa.root(p -> p.with(Extension.basicConstraints, true, new BasicConstraints(0)));
    tries.refused(
        "root's path length exceeded",
        CHAIN,
        () -> under(shortRoot, shortRoot.intermediate(p -> p)));
    CorpusCa shortIssuer =
        intermediate(p -> p.with(Extension.basicConstraints, true, new BasicConstraints(0)));
    tries.refused(
        "intermediate's path length exceeded",
        CHAIN,
        () -> under(root, shortIssuer.intermediate(p -> p), shortIssuer));
    NameConstraints elsewhere =
        new NameConstraints(
            new GeneralSubtree[] {
              new GeneralSubtree(
                  new GeneralName(GeneralName.directoryName, new X500Name("C=XX,O=Elsewhere")))
            },
            null);
    tries.refused(
        "name outside the constraints",
        CHAIN,
        () -> under(root, intermediate(p -> p.with(Extension.nameConstraints, true, elsewhere))));
    CorpusCa stranger = CorpusCa.root(p -> p);
    tries.refused(
        "root that is not believed",
        "ek_issuer_unknown",
        () -> judged(verifier(), stranger.endorse(tpm.endorsementKey(), p -> p)));
    CorpusCa second = issuing.intermediate(p -> p);
    tries.accepted("two intermediates", () -> under(root, second, issuing));
    akCertificates.chain(tries);
  }

  private static CorpusCa.Profile notCa(CorpusCa.Profile profile) {
    return profile.with(Extension.basicConstraints, true, new BasicConstraints(false));
  }

  private CorpusCa intermediate(UnaryOperator<CorpusCa.Profile> change) {
    return root.intermediate(change);
  }

  private Observed under(CorpusCa believed, CorpusCa issuer, CorpusCa... others) throws Exception {
    CorpusCa[] all = Arrays.copyOf(others, others.length + 1);
    all[others.length] = issuer;
    return judged(
        CorpusCa.believing(believed, Optional.empty(), all),
        issuer.endorse(tpm.endorsementKey(), p -> p));
  }

  private void revoked(Tries tries) throws Exception {
    byte[] certificate = certificate(p -> p);
    String none = issuing.crl() + root.crl();
    String ek = issuing.crl(CorpusCa.serialOf(certificate)) + root.crl();
    String issuer = issuing.crl() + root.crl(issuing.serial());

    tries.accepted("lists that name others", () -> judgedWith(none, certificate));
    tries.refused("the EK certificate", "ek_revoked", () -> judgedWith(ek, certificate));
    tries.refused("its issuer", "ek_revoked", () -> judgedWith(issuer, certificate));
    akCertificates.revoked(tries);
  }

  private Observed judgedWith(String crls, byte[] certificate) throws Exception {
    return judged(CorpusCa.believing(root, Optional.of(crls), issuing), certificate);
  }

  private void real(Tries tries) throws Exception {
    EndorsementVerifier verifier = verifier();
    byte[] certificate = certificate(p -> p);
    byte[] padded = Arrays.copyOf(certificate, 1200);
    byte[] ones = padded.clone();
    Arrays.fill(ones, certificate.length, ones.length, (byte) 0xff);
    byte[] header =
        new Wire()
            .bytes(new byte[] {0x10, 0x01, 0x00})
            .u16(certificate.length + 2)
            .bytes(new byte[] {0x10, 0x02})
            .bytes(ones)
            .toByteArray();
    byte[] otherOrder =
        certificate(
            p -> p.with(Extension.subjectAlternativeName, true, CorpusCa.sanInOtherOrder()));

    tries.accepted("padded with zeros", () -> judged(verifier, padded));
    tries.accepted("padded with ones", () -> judged(verifier, ones));
    tries.accepted("with NV header and padding", () -> judged(verifier, header));
    tries.accepted("SET in another order than DER's", () -> judged(verifier, otherOrder));
    oaep(tries, verifier);
    for (byte[] signed : List.of(certificate, otherOrder)) {
      for (int i = 0; i < signed.length; i += 7) {
        byte[] flipped = SignatureCases.flipped(signed, i);
        tries.refused("changed at " + i, () -> judged(verifier, flipped));
      }
    }
  }

  /** The parameters that ST writes: SHA-256 by default, label "TCPA". */
  private void oaep(Tries tries, EndorsementVerifier verifier) throws Exception {
    CorpusKey key = CorpusKey.attestation(Kind.RSA_2048, CorpusKey.NULL, CorpusKey.SHA256);
    SubjectPublicKeyInfo plain = CorpusCa.info(key.publicKey());
    DERSequence parameters =
        new DERSequence(
            new DERTaggedObject(
                true,
                2,
                new AlgorithmIdentifier(
                    PKCSObjectIdentifiers.id_pSpecified,
                    new DEROctetString("TCPA".getBytes(StandardCharsets.US_ASCII)))));
    SubjectPublicKeyInfo oaep =
        new SubjectPublicKeyInfo(
            new AlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP, parameters),
            plain.parsePublicKey());
    byte[] certificate = issuing.endorse(oaep, p -> p);
    byte[] area = endorsementArea(key);
    tries.accepted(
        "RSAES-OAEP key", () -> Judge.endorsement(verifier, certificate, area, CorpusCa.NOW));
    for (int i = 0; i < certificate.length; i += 7) {
      byte[] flipped = SignatureCases.flipped(certificate, i);
      tries.refused(
          "RSAES-OAEP, changed at " + i,
          () -> Judge.endorsement(verifier, flipped, area, CorpusCa.NOW));
    }
  }

  /** Template L-1 of the EK Credential Profile, without its policy. */
  private static byte[] endorsementArea(CorpusKey key) {
    int attributes =
        CorpusKey.FIXED_TPM
            | CorpusKey.FIXED_PARENT
            | CorpusKey.SENSITIVE_DATA_ORIGIN
            | 1 << 7
            | CorpusKey.RESTRICTED
            | CorpusKey.DECRYPT;
    return new Wire()
        .u16(CorpusKey.RSA)
        .u16(CorpusKey.SHA256)
        .u32(attributes)
        .sized(new byte[0])
        .u16(0x0006)
        .u16(128)
        .u16(0x0043)
        .u16(CorpusKey.NULL)
        .u16(2048)
        .u32(0)
        .sized(key.area.unique()[0])
        .toByteArray();
  }
}
