// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.SecureBootState.Authority;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link SecureBootReader}: by what images were verified, and what has no place in PCR 7. */
class SecureBootReaderTest {
  private static final byte[] OWNER = SoftwareBootLog.guid(SoftwareBootLog.OWNER);

  private final SoftwareBootLog machine = SoftwareBootLog.grub();

  @Test
  void authorities_ofDbAndShim_areTheirCertificates() {
    assertThat(machine.verified().secureBoot().orElseThrow().authorities())
        .containsExactly(
            new Authority(
                UefiGuid.IMAGE_SECURITY_DATABASE,
                "db",
                SoftwareBootLog.id(SoftwareBootLog.DB_CERTIFICATE),
                Optional.of(Octets.of(SoftwareBootLog.DB_CERTIFICATE)),
                Optional.empty()),
            new Authority(
                UefiGuid.SHIM_LOCK,
                "SbatLevel",
                SoftwareBootLog.id(SoftwareBootLog.bytes("sbat,1,2024010900\n")),
                Optional.empty(),
                Optional.of("sbat,1,2024010900\n")),
            new Authority(
                UefiGuid.SHIM_LOCK,
                "Shim",
                SoftwareBootLog.id(SoftwareBootLog.VENDOR_CERTIFICATE),
                Optional.of(Octets.of(SoftwareBootLog.VENDOR_CERTIFICATE)),
                Optional.empty()));
  }

  @Test
  void authority_thatIsAHash_isTheHash() {
    Authority authority = authority(SoftwareBootLog.concat(OWNER, SoftwareBootLog.revoked(7)));

    assertThat(authority.id()).isEqualTo(Octets.of(SoftwareBootLog.revoked(7)));
    assertThat(authority.certificate()).isEmpty();
    assertThat(authority.verifiesImages()).isTrue();
  }

  @Test
  void authority_thatIsTheHeadOfACertificateAlone_isNone() {
    Authority authority = authority(Octets.fromHex("30820000").bytes());

    assertThat(authority.certificate()).isEmpty();
    assertThat(authority.id()).isEqualTo(SoftwareBootLog.id(Octets.fromHex("30820000").bytes()));
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 257})
  void authority_thatIsText_isShownUpToALimit(int length) {
    String text = "t".repeat(length);

    assertThat(authority(SoftwareBootLog.bytes(text)).value())
        .isEqualTo(length > 256 ? Optional.empty() : Optional.of(text));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void authority_thatIsNoCertificate_isNamedByItsValue(int at) {
    byte[] broken = SoftwareBootLog.DB_CERTIFICATE.clone();
    broken[at] = (byte) (broken[at] ^ 1);
    byte[] value = SoftwareBootLog.concat(OWNER, broken);

    Authority authority = authority(value);

    assertThat(authority.id()).isEqualTo(SoftwareBootLog.id(value));
    assertThat(authority.certificate()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 16, 20, 47, 49})
  void authority_ofAnyLength_isNamedByItsValue(int length) {
    byte[] value = new byte[length];
    Arrays.fill(value, (byte) 0x30);

    assertThat(authority(value).id()).isEqualTo(SoftwareBootLog.id(value));
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "EV_EFI_VARIABLE_BOOT",
        "EV_EFI_VARIABLE_BOOT2",
        "EV_EFI_SPDM_DEVICE_POLICY",
        "EV_EFI_SPDM_DEVICE_AUTHORITY",
        "EV_IPL",
        "EV_POST_CODE"
      })
  void case55_authorityUnderATypeThatIsNone_isRefused(BootEventType type) {
    int shim = machine.findVariable("Shim");
    SoftwareBootLog log = machine.copy();
    log.set(shim, log.events.get(shim).ofType(type));

    assertThat(log.verifyOn(machine))
        .isInstanceOfSatisfying(
            BootLogOutcome.EventRefused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo("boot_event_type_misplaced");
              assertThat(refused.event()).isEqualTo(shim + 1);
              assertThat(refused.pcr()).isEqualTo(7);
              assertThat(refused.message()).contains(type.name());
            });
  }

  @Test
  void deviceAuthority_ofItsOwnVariable_isNoAuthorityOfImages() {
    byte[] data =
        SoftwareBootLog.variable(SoftwareBootLog.OWNER, "devdb", SoftwareBootLog.DB_CERTIFICATE);
    machine.insert(
        machine.findVariable("SbatLevel"),
        machine.record(7, BootEventType.EV_EFI_SPDM_DEVICE_AUTHORITY, data, data));

    assertThat(machine.verified().secureBoot().orElseThrow().authorities()).hasSize(3);
  }

  @Test
  void otherVariablesBeforeTheSeparator_areBoundAndNotJudged() {
    byte[] data = SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "DeployedMode", new byte[] {1});
    SoftwareBootLog.Logged event =
        machine.record(7, BootEventType.EV_EFI_VARIABLE_DRIVER_CONFIG, data, data);
    SoftwareBootLog late = machine.copy();
    machine.insert(machine.find(7, BootEventType.EV_SEPARATOR), event);
    late.insert(late.find(7, BootEventType.EV_SEPARATOR) + 1, event);

    assertThat(machine.verify()).isInstanceOf(VerifiedBootLog.class);
    assertThat(((BootLogOutcome.Refused) late.verify()).reason())
        .isEqualTo("secure_boot_variable_late");
  }

  /** The authority that a boot with this one more has after db's. */
  private Authority authority(byte[] value) {
    byte[] data = SoftwareBootLog.variable(SoftwareBootLog.IMAGE_SECURITY, "db", value);
    machine.insert(
        machine.findVariable("SbatLevel"),
        machine.record(7, BootEventType.EV_EFI_VARIABLE_AUTHORITY, data, data));
    return machine.verified().secureBoot().orElseThrow().authorities().get(1);
  }
}
