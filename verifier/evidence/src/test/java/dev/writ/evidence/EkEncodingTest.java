// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.bouncycastle.asn1.ASN1Object;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x509.Extension;
import org.junit.jupiter.api.Test;

/**
 * Case 36: sets in another order than DER's, as Nuvoton writes the attributes of a name, are read as
 * they are, and the signature is verified over the very bytes that were read.
 */
class EkEncodingTest {
  private final SoftwareEk ek = SoftwareEk.ecc(TpmCurve.P256);
  private final SoftwareCa root = SoftwareCa.root();

  /** Attributes of three lengths: DER puts the shortest first. */
  private static final AttributeTypeAndValue[] DEVICE = {
    attribute("2.23.133.2.2", "soft"),
    attribute("2.23.133.2.3", "id:0001"),
    attribute("2.23.133.2.1", "id:57524954"),
  };

  private static final AttributeTypeAndValue[] ISSUER = {
    attribute("2.5.4.6", "TW"),
    attribute("2.5.4.10", "Soft"),
    attribute("2.5.4.3", "Issuer of TPM keys"),
  };

  private static AttributeTypeAndValue attribute(String oid, String value) {
    return new AttributeTypeAndValue(new ASN1ObjectIdentifier(oid), new DERUTF8String(value));
  }

  @Test
  void case36_deviceNameInAnotherOrder_isReadAndItsSignatureHolds() throws Exception {
    byte[] ordered = deviceInOneSet();
    byte[] unordered = root.resigned(ordered, tbs -> reversed(tbs, DEVICE));

    assertThat(unordered).isNotEqualTo(ordered);
    for (byte[] certificate : new byte[][] {ordered, unordered}) {
      assertThat(SoftwareCa.verifier(root).verify(certificate, ek.publicArea, SoftwareCa.NOW))
          .isInstanceOfSatisfying(
              TrustedEndorsement.class,
              trusted ->
                  assertThat(trusted.device())
                      .isEqualTo(new TrustedEndorsement.Device("id:57524954", "soft", "id:0001")));
    }
  }

  /** Whoever sorts the set before the signature is checked would take the one for the other. */
  @Test
  void case36_orderThatWasNotSigned_isRefused() throws Exception {
    byte[] ordered = deviceInOneSet();
    byte[] unordered = root.resigned(ordered, tbs -> reversed(tbs, DEVICE));

    for (byte[] tampered : new byte[][] {reversed(ordered, DEVICE), sorted(unordered, DEVICE)}) {
      EndorsementOutcome outcome =
          SoftwareCa.verifier(root).verify(tampered, ek.publicArea, SoftwareCa.NOW);

      assertThat(((EndorsementOutcome.Refused) outcome).reason()).isEqualTo("ek_issuer_unknown");
    }
  }

  /** RFC 5280, 7.1: names are compared by their attributes, whatever the order in a set. */
  @Test
  void case36_issuerNameInAnotherOrderThanItsSubjectName_isTheSameName() throws Exception {
    X500Name name = new X500NameBuilder().addMultiValuedRDN(ISSUER).build();
    SoftwareCa issuer = root.intermediate(p -> p.named(name));
    byte[] unordered =
        issuer.resigned(issuer.endorse(ek.pair.getPublic()), tbs -> reversed(tbs, ISSUER));

    assertThat(SoftwareCa.verifier(root, issuer).verify(unordered, ek.publicArea, SoftwareCa.NOW))
        .isInstanceOf(TrustedEndorsement.class);
  }

  @Test
  void case33_deviceNamedTwice_isRefused() throws Exception {
    X500Name twice =
        new X500NameBuilder()
            .addMultiValuedRDN(DEVICE)
            .addRDN(attribute("2.23.133.2.2", "another"))
            .build();
    byte[] certificate =
        root.endorse(
            ek.pair.getPublic(),
            p -> p.with(Extension.subjectAlternativeName, true, SoftwareCa.san(twice)));

    EndorsementOutcome outcome =
        SoftwareCa.verifier(root).verify(certificate, ek.publicArea, SoftwareCa.NOW);

    assertThat(((EndorsementOutcome.Refused) outcome).reason()).isEqualTo("ek_san_wrong");
  }

  /** RFC 5280, 4.2: which of the two counts must not be the reader's choice. */
  @Test
  void case33_extensionThatStandsTwice_isRefused() throws Exception {
    ASN1ObjectIdentifier stand = new ASN1ObjectIdentifier("2.5.29.99");
    byte[] once =
        root.endorse(
            ek.pair.getPublic(),
            p -> p.with(stand, false, SoftwareCa.eku(SoftwareCa.AK_CERTIFICATE)));
    byte[] twice =
        root.resigned(once, tbs -> replaced(tbs, der(stand), der(Extension.extendedKeyUsage)));

    assertThat(SoftwareCa.verifier(root).verify(once, ek.publicArea, SoftwareCa.NOW))
        .isInstanceOf(TrustedEndorsement.class);
    assertThat(SoftwareCa.verifier(root).verify(twice, ek.publicArea, SoftwareCa.NOW))
        .isInstanceOf(EndorsementOutcome.CertificateMalformed.class);
  }

  private byte[] deviceInOneSet() {
    X500Name device = new X500NameBuilder().addMultiValuedRDN(DEVICE).build();
    return root.endorse(
        ek.pair.getPublic(),
        p -> p.with(Extension.subjectAlternativeName, true, SoftwareCa.san(device)));
  }

  private static byte[] reversed(byte[] bytes, AttributeTypeAndValue... inDerOrder) {
    return replaced(
        bytes,
        encoded(inDerOrder[0], inDerOrder[1], inDerOrder[2]),
        encoded(inDerOrder[2], inDerOrder[1], inDerOrder[0]));
  }

  private static byte[] sorted(byte[] bytes, AttributeTypeAndValue... inDerOrder) {
    return replaced(
        bytes,
        encoded(inDerOrder[2], inDerOrder[1], inDerOrder[0]),
        encoded(inDerOrder[0], inDerOrder[1], inDerOrder[2]));
  }

  private static byte[] encoded(AttributeTypeAndValue... attributes) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (AttributeTypeAndValue attribute : attributes) {
      bytes.writeBytes(der(attribute));
    }
    return bytes.toByteArray();
  }

  static byte[] der(ASN1Object object) {
    try {
      return object.getEncoded("DER");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** {@code bytes} with its one occurrence of {@code old} replaced by {@code fresh}, as long. */
  static byte[] replaced(byte[] bytes, byte[] old, byte[] fresh) {
    for (int at = 0; at + old.length <= bytes.length; at++) {
      if (ByteBuffer.wrap(bytes, at, old.length).equals(ByteBuffer.wrap(old))) {
        byte[] changed = bytes.clone();
        System.arraycopy(fresh, 0, changed, at, fresh.length);
        return changed;
      }
    }
    throw new AssertionError("the certificate must hold the attributes in this order");
  }
}
