// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
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

  /** Cut apart by its length alone, and read only where a path is searched. */
  @Test
  void chain_ofWhatIsNoCertificate_isMalformed() throws Exception {
    byte[] certificate = lower.endorse(ek.pair.getPublic());
    byte[] sequence = new byte[260];
    sequence[0] = 0x30;
    sequence[1] = (byte) 0x82;
    sequence[2] = 0x01;

    EndorsementOutcome outcome = verify(certificate, EkChain.parse(sequence));

    assertThat(outcome).isInstanceOf(EndorsementOutcome.CertificateMalformed.class);
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
