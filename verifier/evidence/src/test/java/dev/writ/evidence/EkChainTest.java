// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.RSAPrivateKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;

/** {@link EkChain}, and what {@link EndorsementVerifier} makes of certificates that a host presents. */
class EkChainTest {
  private final SoftwareEk ek = SoftwareEk.ecc(TpmCurve.P256);
  private final SoftwareCa root = SoftwareCa.root();
  private final SoftwareCa upper = root.intermediate();
  private final SoftwareCa lower = upper.intermediate();

  @Test
  void chain_inAnyOrderWithFiller_isFollowedToTheRoot() throws Exception {
    byte[] certificate = lower.endorse(ek.pair.getPublic());
    byte[] zeros = new byte[100];
    byte[] ones = new byte[7];
    Arrays.fill(ones, (byte) 0xff);

    for (byte[] content :
        List.of(
            joined(lower.der(), upper.der()),
            joined(upper.der(), lower.der()),
            joined(upper.der(), zeros, lower.der(), ones),
            joined(zeros, lower.der(), ones, upper.der()))) {
      EkChain chain = EkChain.parse(content);

      assertThat(chain.certificates())
          .containsExactlyInAnyOrder(Octets.of(lower.der()), Octets.of(upper.der()));
      assertThat(chain.bytes()).isEqualTo(Octets.of(content));
      assertThat(verify(certificate, chain)).isInstanceOf(TrustedEndorsement.class);
    }
  }

  @Test
  void chain_thatIsNone_hasNoCertificates() throws Exception {
    assertThat(EkChain.parse(new byte[0])).isEqualTo(EkChain.NONE);
    assertThat(EkChain.parse(new byte[512]).certificates()).isEmpty();
  }

  @Test
  void chain_withAGap_namesTheIssuerThatIsMissing() throws Exception {
    byte[] certificate = lower.endorse(ek.pair.getPublic());

    assertThat(missing(verify(certificate, EkChain.NONE)).name()).isEqualTo(name(lower));
    assertThat(missing(verify(certificate, EkChain.parse(lower.der()))).name())
        .isEqualTo(name(upper));
    assertThat(missing(verify(certificate, EkChain.parse(upper.der()))).name())
        .isEqualTo(name(lower));
  }

  @Test
  void missingIssuer_isDescribedByWhatTheCertificateSays() throws Exception {
    byte[] certificate =
        lower.endorse(
            ek.pair.getPublic(),
            p ->
                p.with(
                        Extension.authorityKeyIdentifier,
                        false,
                        new AuthorityKeyIdentifier(new byte[] {1, 2, (byte) 0xfe}))
                    .with(
                        Extension.authorityInfoAccess,
                        false,
                        locations("ldap://tpm.example/ca", "http://tpm.example/ca.cer")));

    assertThat(verify(certificate, EkChain.NONE))
        .isInstanceOfSatisfying(
            EndorsementOutcome.IssuerUnknown.class,
            unknown -> {
              assertThat(unknown.missing())
                  .isEqualTo(
                      new MissingIssuer(
                          name(lower),
                          Optional.of("0102fe"),
                          Optional.of("http://tpm.example/ca.cer")));
              assertThat(unknown.message())
                  .contains(name(lower))
                  .contains("0102fe")
                  .contains("http://tpm.example/ca.cer");
            });
  }

  /** The message goes into logs: what a certificate says is repeated only where it can be a URL. */
  @Test
  void missingIssuer_locationThatIsNoUrl_isNotRepeated() throws Exception {
    for (String location : List.of("http://x/\nINFO all is well", "file:///etc/passwd", "")) {
      byte[] certificate =
          lower.endorse(
              ek.pair.getPublic(),
              p -> p.with(Extension.authorityInfoAccess, false, locations(location)));

      assertThat(missing(verify(certificate, EkChain.NONE)).location()).isEmpty();
    }
  }

  /** A certificate has room for a name of thousands of characters, and logs repeat it. */
  @Test
  void missingIssuer_nameOfManyCharacters_isCut() {
    SoftwareCa longest = root.intermediate(p -> p.named(organization("n".repeat(510))));
    SoftwareCa wordy =
        root.intermediate(p -> p.named(organization("n".repeat(509) + "\uD83D\uDD11")));

    assertThat(missing(verify(longest.endorse(ek.pair.getPublic()), EkChain.NONE)).name())
        .isEqualTo("O=" + "n".repeat(510));
    assertThat(missing(verify(wordy.endorse(ek.pair.getPublic()), EkChain.NONE)).name())
        .isEqualTo("O=" + "n".repeat(509) + "?…");
  }

  private static X500Name organization(String name) {
    return new X500NameBuilder().addRDN(BCStyle.O, new DERUTF8String(name)).build();
  }

  private static AuthorityInformationAccess locations(String... urls) {
    return new AuthorityInformationAccess(
        Arrays.stream(urls)
            .map(
                url ->
                    new AccessDescription(
                        AccessDescription.id_ad_caIssuers,
                        new GeneralName(GeneralName.uniformResourceIdentifier, url)))
            .toArray(AccessDescription[]::new));
  }

  @Test
  void rootThatTheHostPresents_isNotBelieved() throws Exception {
    SoftwareCa foreign = SoftwareCa.root();
    byte[] certificate = foreign.endorse(ek.pair.getPublic());

    assertThat(verify(certificate, EkChain.parse(foreign.der())))
        .isInstanceOf(EndorsementOutcome.IssuerUnknown.class);
  }

  @Test
  void issuersThatCertifyEachOther_endTheSearch() throws Exception {
    SoftwareCa first = SoftwareCa.root();
    SoftwareCa second = SoftwareCa.root();
    byte[] certificate = first.endorse(ek.pair.getPublic());

    EndorsementOutcome outcome =
        verify(
            certificate,
            EkChain.parse(
                joined(
                    first.certifiedBy(second).der(),
                    second.certifiedBy(first).der(),
                    first.certifiedBy(second).der(),
                    second.certifiedBy(first).der())));

    assertThat(outcome).isInstanceOf(EndorsementOutcome.IssuerUnknown.class);
  }

  /** Two keys under one name that certify themselves and each other: each step has four issuers. */
  @Test
  void presentedIssuersOfOneName_endTheSearchWithASentenceOfItsOwn() throws Exception {
    SoftwareCa one = root.intermediate();
    SoftwareCa other = root.intermediate(p -> p.named(one.name));
    EkChain chain =
        EkChain.parse(
            joined(
                one.certifiedBy(one).der(),
                one.certifiedBy(other).der(),
                other.certifiedBy(one).der(),
                other.certifiedBy(other).der()));
    byte[] certificate = one.endorse(ek.pair.getPublic());

    assertThat(verify(certificate, chain))
        .isInstanceOfSatisfying(
            EndorsementOutcome.PathSearchAbandoned.class,
            abandoned -> {
              assertThat(abandoned.reason()).isEqualTo("ek_path_search_abandoned");
              assertThat(abandoned.message()).contains("at most 16 signatures");
            });
    assertThat(
            SoftwareCa.verifier(root, one)
                .verify(certificate, chain, ek.publicArea, SoftwareCa.NOW))
        .as("the search among configured certificates is not theirs to end")
        .isInstanceOf(TrustedEndorsement.class);
  }

  /** Each signed well and in its place: nothing but what it would cost keeps them out. */
  @Test
  void presentedIssuerWithACostlyKey_isPassedOver() throws Exception {
    for (KeyPair costly :
        List.of(hugeExponent(2048), generated("DSA", 2048), generated("RSA", 1024))) {
      SoftwareCa issuer = root.intermediate(costly, p -> p);
      byte[] certificate = issuer.endorse(ek.pair.getPublic());

      assertThat(missing(verify(certificate, EkChain.parse(issuer.der()))).name())
          .as(costly.getPublic().getAlgorithm())
          .isEqualTo(name(issuer));
    }
  }

  @Test
  void presentedIssuerWithAnRsaKeyAsMakersHave_isFollowed() throws Exception {
    SoftwareCa issuer = root.intermediate(generated("RSA", 2048), p -> p);
    byte[] certificate = issuer.endorse(ek.pair.getPublic());

    assertThat(verify(certificate, EkChain.parse(issuer.der())))
        .isInstanceOf(TrustedEndorsement.class);
  }

  private static KeyPair generated(String algorithm, int bits) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(bits);
    return generator.generateKeyPair();
  }

  /** An RSA key whose exponents changed places, so that who verifies does the work of who signs. */
  private static KeyPair hugeExponent(int bits) throws Exception {
    KeyPair pair = generated("RSA", bits);
    RSAPublicKey usual = (RSAPublicKey) pair.getPublic();
    KeyFactory keys = KeyFactory.getInstance("RSA");
    return new KeyPair(
        keys.generatePublic(
            new RSAPublicKeySpec(
                usual.getModulus(), ((RSAPrivateKey) pair.getPrivate()).getPrivateExponent())),
        keys.generatePrivate(new RSAPrivateKeySpec(usual.getModulus(), usual.getPublicExponent())));
  }

  /** Cut apart by its length alone, and read only where a path is searched. */
  @Test
  void chain_withWhatIsNoCertificate_isFollowedAllTheSame() throws Exception {
    byte[] certificate = lower.endorse(ek.pair.getPublic());
    byte[] sequence = new byte[260];
    sequence[0] = 0x30;
    sequence[1] = (byte) 0x82;
    sequence[2] = 0x01;

    assertThat(missing(verify(certificate, EkChain.parse(sequence))).name()).isEqualTo(name(lower));
    assertThat(
            verify(
                certificate, EkChain.parse(joined(sequence, lower.der(), sequence, upper.der()))))
        .isInstanceOf(TrustedEndorsement.class);
  }

  @Test
  void chain_outsideItsForm_isMalformed() throws Exception {
    byte[] many = new byte[0];
    for (int i = 0; i <= EkChain.MAX_CERTIFICATES; i++) {
      many = joined(many, lower.der());
    }
    byte[] tooMany = many;
    for (byte[] content :
        List.of(
            new byte[] {1},
            new byte[] {0x30},
            joined(lower.der(), new byte[] {0x02, 0x01}),
            joined(lower.der(), new byte[] {0x30, (byte) 0x82, (byte) 0xff, (byte) 0xff}),
            new byte[EkChain.MAX_BYTES + 1],
            tooMany)) {
      assertThatThrownBy(() -> EkChain.parse(content))
          .isInstanceOf(MalformedEvidenceException.class)
          .hasMessageContaining("ekChain");
    }
    byte[] whole = lower.der();
    for (int length = 1; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> EkChain.parse(cut)).isInstanceOf(MalformedEvidenceException.class);
    }
  }

  private EndorsementOutcome verify(byte[] certificate, EkChain chain) {
    return SoftwareCa.verifier(root).verify(certificate, chain, ek.publicArea, SoftwareCa.NOW);
  }

  private static MissingIssuer missing(EndorsementOutcome outcome) {
    assertThat(outcome).isInstanceOf(EndorsementOutcome.IssuerUnknown.class);
    return ((EndorsementOutcome.IssuerUnknown) outcome).missing();
  }

  private static String name(SoftwareCa ca) {
    return new X500Name(ca.name.toString()).toString();
  }

  private static byte[] joined(byte[]... parts) {
    TpmWriter out = new TpmWriter();
    for (byte[] part : parts) {
      out.bytes(part);
    }
    return out.toByteArray();
  }
}
