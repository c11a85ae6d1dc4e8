// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.evidence.TrustedEndorsement.Finding;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509CRL;
import java.util.List;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.junit.jupiter.api.Test;

/** Files of certificates and revocation lists, as makers publish them. */
class EndorsementTrustTest {
  private final SoftwareCa root = SoftwareCa.root();
  private final SoftwareCa intermediate = root.intermediate();

  private static byte[] text(String pem) {
    return pem.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void certificates_inPemWithTextBetweenOrOneInDer_areRead() throws Exception {
    assertThat(EndorsementTrust.certificates(text("# héllo\n" + root.pem() + "\n#\n" + root.pem())))
        .hasSize(2);
    assertThat(EndorsementTrust.certificates(root.der()))
        .containsExactlyElementsOf(EndorsementTrust.certificates(text(root.pem())));
    assertThat(EndorsementTrust.certificates(new byte[0])).isEmpty();
    assertThat(EndorsementTrust.certificates(text("0 certificates"))).isEmpty();
  }

  @Test
  void revocationLists_inPemOrOneInDer_areRead() throws Exception {
    List<X509CRL> lists = EndorsementTrust.revocationLists(text(root.crl() + intermediate.crl()));

    assertThat(lists).hasSize(2);
    assertThat(EndorsementTrust.revocationLists(lists.get(0).getEncoded()))
        .containsExactly(lists.get(0));
    assertThat(EndorsementTrust.revocationLists(text(root.pem()))).isEmpty();
  }

  @Test
  void files_ofSomethingElse_areMalformed() {
    byte[] der = root.der();
    der[10] ^= (byte) 0xff;

    assertThatThrownBy(() -> EndorsementTrust.certificates(der))
        .isInstanceOf(MalformedEvidenceException.class);
    assertThatThrownBy(() -> EndorsementTrust.revocationLists(root.der()))
        .isInstanceOf(MalformedEvidenceException.class);
    assertThatThrownBy(
            () ->
                EndorsementTrust.revocationLists(
                    text("-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n")))
        .isInstanceOf(MalformedEvidenceException.class);
  }

  /** Each would else be read as fewer than there are, and nobody would be told. */
  @Test
  void files_ofWhichOnlyAPartCanBeRead_areMalformed() throws Exception {
    byte[] list = EndorsementTrust.revocationLists(text(root.crl())).get(0).getEncoded();
    byte[] two = new TpmWriter().bytes(list).bytes(list).toByteArray();
    byte[] twoCertificates =
        new TpmWriter().bytes(root.der()).bytes(intermediate.der()).toByteArray();
    String cut = root.crl().substring(0, root.crl().length() - 20);
    String otherEnd = root.crl().replace("END X509 CRL", "END CERTIFICATE");
    String lowerCase = root.crl().replace("X509 CRL", "x509 crl");

    assertThatThrownBy(() -> EndorsementTrust.revocationLists(two))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("followed by " + list.length + " bytes");
    assertThatThrownBy(() -> EndorsementTrust.certificates(twoCertificates))
        .isInstanceOf(MalformedEvidenceException.class);
    for (String wrong : List.of(cut, otherEnd, lowerCase)) {
      for (String pem : List.of(intermediate.crl() + wrong, wrong + intermediate.crl())) {
        assertThatThrownBy(() -> EndorsementTrust.revocationLists(text(pem)))
            .isInstanceOf(MalformedEvidenceException.class)
            .hasMessageContaining("END of the same label");
      }
    }
  }

  /** RFC 5280, 5.2.5: what such a list leaves out may be revoked, and what it names is. */
  @Test
  void case35_listOfAPartOnly_revokesAndShowsNothingElse() throws Exception {
    SoftwareEk ek = SoftwareEk.ecc(TpmCurve.P256);
    byte[] certificate = root.endorse(ek.pair.getPublic());
    IssuingDistributionPoint part =
        new IssuingDistributionPoint(null, true, false, null, false, false);

    EndorsementOutcome unrevoked = verify(ek, certificate, root.partialCrl(part));
    EndorsementOutcome revoked =
        verify(ek, certificate, root.partialCrl(part, SoftwareCa.serialOf(certificate)));

    assertThat(((TrustedEndorsement) unrevoked).findings())
        .containsExactly(Finding.REVOCATION_NOT_CHECKED);
    assertThat(revoked).isInstanceOf(EndorsementOutcome.Revoked.class);
  }

  private EndorsementOutcome verify(SoftwareEk ek, byte[] certificate, String crl)
      throws MalformedEvidenceException {
    EndorsementTrust trust = EndorsementTrust.ofPem(root.pem(), "").withCrls(crl);
    return new EndorsementVerifier(trust).verify(certificate, ek.publicArea, SoftwareCa.NOW);
  }
}
