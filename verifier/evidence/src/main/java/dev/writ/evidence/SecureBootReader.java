// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.BootLogOutcome.EventRefused;
import dev.writ.evidence.BootLogOutcome.Rule;
import dev.writ.evidence.SecureBootState.Authority;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads PCR 7 event by event (PFP, 3.3.4, PCR 7): SecureBoot, PK, KEK, db and dbx once each and
 * before the separator, also where they are empty; then the entries by which images were verified.
 *
 * <p>A variable is what its name and GUID make it, whatever the event's type: both are hashed, the
 * type is not. Entries that verified drivers may stand before the separator, as in firmware that
 * measures it when boot options are called.
 */
final class SecureBootReader {
  /** The PCR of Secure Boot. */
  static final int PCR = 7;

  private static final int MAX_SHOWN = 256;

  private static final Map<String, UefiGuid> VARIABLES =
      Map.of(
          "SecureBoot", UefiGuid.GLOBAL_VARIABLE,
          "PK", UefiGuid.GLOBAL_VARIABLE,
          "KEK", UefiGuid.GLOBAL_VARIABLE,
          "db", UefiGuid.IMAGE_SECURITY_DATABASE,
          "dbx", UefiGuid.IMAGE_SECURITY_DATABASE);

  private final ExplainedPcrs explained;
  private final Map<String, SignatureDatabase> databases = new LinkedHashMap<>();
  private final List<Authority> authorities = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private Optional<Boolean> enabled = Optional.empty();
  private boolean told;
  private boolean separated;

  SecureBootReader(ExplainedPcrs explained) {
    this.explained = explained;
  }

  /** Takes the next event of PCR 7, whose form and digest hold. */
  Optional<EventRefused> accept(BootEvent event) {
    BootEventType type = event.type().orElseThrow();
    if (type == BootEventType.EV_SEPARATOR) {
      separated = true;
      return Optional.empty();
    }
    if (type.isText()) {
      UefiText.ascii(event.raw(), event.dataAt(), event.dataLength()).ifPresent(notes::add);
      return Optional.empty();
    }
    UefiVariable variable;
    try {
      variable = UefiVariable.read(event);
    } catch (MalformedEvidenceException e) {
      throw new IllegalStateException("bug: a variable that was read is malformed", e);
    }
    if (type == BootEventType.EV_EFI_VARIABLE_DRIVER_CONFIG) {
      return setting(event, variable);
    }
    if (type != BootEventType.EV_EFI_VARIABLE_AUTHORITY) {
      return variable.guid().equals(UefiGuid.IMAGE_SECURITY_DATABASE)
              || variable.guid().equals(UefiGuid.GLOBAL_VARIABLE)
              || variable.guid().equals(UefiGuid.SHIM_LOCK)
          ? refused(
              Rule.TYPE_MISPLACED,
              event,
              "a type of Secure Boot for " + variable.name(),
              event.typeText())
          : Optional.empty();
    }
    authorities.add(authority(event, variable));
    return Optional.empty();
  }

  private Optional<EventRefused> setting(BootEvent event, UefiVariable variable) {
    String name = variable.name();
    if (separated) {
      return refused(
          Rule.VARIABLE_LATE, event, "before the separator of PCR 7", name + " after it");
    }
    UefiGuid guid = VARIABLES.get(name);
    if (guid == null) {
      // Such as AuditMode and DeployedMode: bound, and not judged.
      return Optional.empty();
    }
    if (!guid.equals(variable.guid())) {
      return refused(Rule.VARIABLE_GUID, event, name + " of " + guid, "of " + variable.guid());
    }
    if (name.equals("SecureBoot")) {
      return secureBoot(event, variable);
    }
    if (databases.containsKey(name)) {
      return refused(Rule.VARIABLE_TWICE, event, "the only " + name, "a second one");
    }
    try {
      databases.put(
          name, SignatureDatabase.read(event.raw(), variable.valueAt(), variable.valueLength()));
    } catch (MalformedEvidenceException e) {
      return refused(
          Rule.DATA_MALFORMED, event, name + ": " + e.field() + " " + e.expected(), e.actual());
    }
    return Optional.empty();
  }

  private Optional<EventRefused> secureBoot(BootEvent event, UefiVariable variable) {
    if (told) {
      return refused(Rule.VARIABLE_TWICE, event, "the only SecureBoot", "a second one");
    }
    told = true;
    if (variable.valueLength() == 0) {
      return Optional.empty();
    }
    byte value = event.raw()[variable.valueAt()];
    if (variable.valueLength() != 1 || value != 0 && value != 1) {
      return refused(
          Rule.VARIABLE_VALUE,
          event,
          "SecureBoot of one byte, 0 or 1",
          Octets.copyOfRange(
                  event.raw(),
                  variable.valueAt(),
                  variable.valueAt() + Math.min(variable.valueLength(), 8))
              + " of "
              + variable.valueLength()
              + " bytes");
    }
    enabled = Optional.of(value == 1);
    return Optional.empty();
  }

  /**
   * The value is EFI_SIGNATURE_DATA, an owner's GUID and a certificate or a hash; shim logs
   * certificates without owner.
   */
  private static Authority authority(BootEvent event, UefiVariable variable) {
    byte[] raw = event.raw();
    int at = variable.valueAt();
    int length = variable.valueLength();
    int end = at + length;
    Optional<Octets> certificate = Optional.empty();
    Octets id;
    if (isDerSequence(raw, at, length)) {
      certificate = Optional.of(Octets.copyOfRange(raw, at, end));
    } else if (isDerSequence(raw, at + UefiGuid.BYTES, length - UefiGuid.BYTES)) {
      certificate = Optional.of(Octets.copyOfRange(raw, at + UefiGuid.BYTES, end));
    }
    if (certificate.isEmpty() && length == UefiGuid.BYTES + TpmAlg.SHA256.digestBytes()) {
      id = Octets.copyOfRange(raw, at + UefiGuid.BYTES, end);
    } else {
      byte[] value =
          certificate.map(Octets::bytes).orElseGet(() -> Octets.copyOfRange(raw, at, end).bytes());
      id = Octets.of(TpmAlg.SHA256.newDigest().digest(value));
    }
    Optional<String> text =
        certificate.isEmpty() && length <= MAX_SHOWN
            ? UefiText.readable(raw, at, length)
            : Optional.empty();
    return new Authority(variable.guid(), variable.name(), id, certificate, text);
  }

  /** Whether a range is one DER SEQUENCE with a length of two bytes, as all certificates are. */
  private static boolean isDerSequence(byte[] raw, int at, int length) {
    return length > 4
        && raw[at] == 0x30
        && raw[at + 1] == (byte) 0x82
        && ((raw[at + 2] & 0xff) << 8 | (raw[at + 3] & 0xff)) == length - 4;
  }

  /** What is missing when all events were taken. */
  Optional<EventRefused> end(BootLog log) {
    for (String name : List.of("SecureBoot", "PK", "KEK", "db", "dbx")) {
      if (name.equals("SecureBoot") ? !told : !databases.containsKey(name)) {
        return Optional.of(
            new EventRefused(
                Rule.VARIABLE_MISSING,
                log.events().size(),
                PCR,
                "a measurement of " + name + ", also where it is empty",
                "none"));
      }
    }
    return Optional.empty();
  }

  /** The state, after {@link #end} found nothing missing. */
  SecureBootState state() {
    return new SecureBootState(
        enabled,
        database("PK"),
        database("KEK"),
        database("db"),
        database("dbx"),
        authorities,
        notes,
        explained.anchors(PCR));
  }

  private SignatureDatabase database(String name) {
    SignatureDatabase database = databases.get(name);
    if (database == null) {
      throw new IllegalStateException("bug: state is asked for although " + name + " is missing");
    }
    return database;
  }

  private static Optional<EventRefused> refused(
      Rule rule, BootEvent event, String expected, String actual) {
    return Optional.of(new EventRefused(rule, event.index(), event.pcr(), expected, actual));
  }
}
