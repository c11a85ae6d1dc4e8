// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/**
 * How certificates of a TPM's keys name the TPM: tpmManufacturer, tpmModel and tpmVersion in a
 * directory name of the subject alternative name (TCG EK Credential Profile 2.5, 3.1.2), in one
 * relative distinguished name or in several.
 */
final class TpmDeviceName {
  private static final String TPM_MANUFACTURER = "2.23.133.2.1";
  private static final String TPM_MODEL = "2.23.133.2.2";
  private static final String TPM_VERSION = "2.23.133.2.3";

  private TpmDeviceName() {}

  /** The name; absent where one of the three is missing, or stands there with two values. */
  static Optional<TrustedEndorsement.Device> in(Extension subjectAlternativeName) {
    Map<String, String> attributes = new HashMap<>();
    boolean ambiguous = false;
    byte[] names = ASN1OctetString.getInstance(subjectAlternativeName.getExtnValue()).getOctets();
    for (GeneralName name : GeneralNames.getInstance(names).getNames()) {
      if (name.getTagNo() == GeneralName.directoryName) {
        for (RDN rdn : X500Name.getInstance(name.getName()).getRDNs()) {
          for (AttributeTypeAndValue attribute : rdn.getTypesAndValues()) {
            String value = text(attribute.getValue()).orElse("");
            String other = attributes.putIfAbsent(attribute.getType().getId(), value);
            ambiguous |= other != null && !other.equals(value);
          }
        }
      }
    }
    String manufacturer = attributes.getOrDefault(TPM_MANUFACTURER, "");
    String model = attributes.getOrDefault(TPM_MODEL, "");
    String version = attributes.getOrDefault(TPM_VERSION, "");
    return ambiguous || manufacturer.isEmpty() || model.isEmpty() || version.isEmpty()
        ? Optional.empty()
        : Optional.of(new TrustedEndorsement.Device(manufacturer, model, version));
  }

  private static Optional<String> text(ASN1Encodable value) {
    return value.toASN1Primitive() instanceof ASN1String string
        ? Optional.of(string.getString())
        : Optional.empty();
  }
}
