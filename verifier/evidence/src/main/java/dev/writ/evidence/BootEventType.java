// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Event types of the TCG PC Client Platform Firmware Profile (PFP, Event Types).
 *
 * <p>A type is what the log <em>says</em> of a digest: it is not measured, and whoever holds the log
 * can write another. It is believed only where the digest is the hash of data that can be nothing
 * else, or where the order inside one PCR leaves no choice.
 */
public enum BootEventType {
  /** Reserved. */
  EV_PREBOOT_CERT(0x0),
  /** Firmware code, by its hash. */
  EV_POST_CODE(0x1),
  /** Reserved: no firmware writes it. */
  EV_UNUSED(0x2),
  /** Told and not measured. */
  EV_NO_ACTION(0x3),
  /** The end of a phase: four zero bytes, measured as such. */
  EV_SEPARATOR(0x4, true),
  /** A text, measured as such. */
  EV_ACTION(0x5, true),
  /** Data of the operating system and its loaders behind a tag. */
  EV_EVENT_TAG(0x6),
  /** The static root of trust, by its hash. */
  EV_S_CRTM_CONTENTS(0x7),
  /** The version of the static root of trust, measured as such. */
  EV_S_CRTM_VERSION(0x8, true),
  /** Microcode, by its hash. */
  EV_CPU_MICROCODE(0x9),
  /** Settings of the platform. */
  EV_PLATFORM_CONFIG_FLAGS(0xA),
  /** Tables of the platform. */
  EV_TABLE_OF_DEVICES(0xB),
  /** A hash, of what its author knows. */
  EV_COMPACT_HASH(0xC),
  /** A loader's measurement of what it runs. */
  EV_IPL(0xD),
  /** A loader's measurement of a partition. */
  EV_IPL_PARTITION_DATA(0xE),
  /** Code of a device, by its hash. */
  EV_NONHOST_CODE(0xF),
  /** Settings of a device. */
  EV_NONHOST_CONFIG(0x10),
  /** What a device says of itself. */
  EV_NONHOST_INFO(0x11),
  /** The boot of devices was left out. */
  EV_OMIT_BOOT_DEVICE_EVENTS(0x12),
  /** A variable that configures: UEFI_VARIABLE_DATA, measured as such. */
  EV_EFI_VARIABLE_DRIVER_CONFIG(0x8000_0001, true),
  /** A boot variable: its value, or all of UEFI_VARIABLE_DATA, measured as such. */
  EV_EFI_VARIABLE_BOOT(0x8000_0002, true),
  /** A boot application, by its Authenticode hash. */
  EV_EFI_BOOT_SERVICES_APPLICATION(0x8000_0003),
  /** A driver of boot time, by its Authenticode hash. */
  EV_EFI_BOOT_SERVICES_DRIVER(0x8000_0004),
  /** A driver that stays, by its Authenticode hash. */
  EV_EFI_RUNTIME_SERVICES_DRIVER(0x8000_0005),
  /** The partition table, measured as such. */
  EV_EFI_GPT_EVENT(0x8000_0006, true),
  /** A text of UEFI, measured as such. */
  EV_EFI_ACTION(0x8000_0007, true),
  /** Firmware, by its hash. */
  EV_EFI_PLATFORM_FIRMWARE_BLOB(0x8000_0008),
  /** Tables that are handed on, by their hash. */
  EV_EFI_HANDOFF_TABLES(0x8000_0009),
  /** Firmware, by its hash, with a name. */
  EV_EFI_PLATFORM_FIRMWARE_BLOB2(0x8000_000A),
  /** Tables that are handed on, by their hash, with a name. */
  EV_EFI_HANDOFF_TABLES2(0x8000_000B),
  /** A boot variable: all of UEFI_VARIABLE_DATA, measured as such. */
  EV_EFI_VARIABLE_BOOT2(0x8000_000C, true),
  /** The partition table with device path. */
  EV_EFI_GPT_EVENT2(0x8000_000D),
  /** The hardware root of trust: measured before the TPM was started, at locality 4. */
  EV_EFI_HCRTM_EVENT(0x8000_0010),
  /** An entry of a signature database by which an image was verified, measured as such. */
  EV_EFI_VARIABLE_AUTHORITY(0x8000_00E0, true),
  /** Firmware of a device, told by SPDM. */
  EV_EFI_SPDM_FIRMWARE_BLOB(0x8000_00E1),
  /** Settings of a device, told by SPDM. */
  EV_EFI_SPDM_FIRMWARE_CONFIG(0x8000_00E2),
  /** A policy by which devices were authenticated: a variable, measured as such. */
  EV_EFI_SPDM_DEVICE_POLICY(0x8000_00E3, true),
  /** A key by which a device was authenticated: a variable, measured as such. */
  EV_EFI_SPDM_DEVICE_AUTHORITY(0x8000_00E4, true);

  private static final Map<Integer, Optional<BootEventType>> BY_CODE = new HashMap<>();

  static {
    for (BootEventType type : values()) {
      BY_CODE.put(type.code, Optional.of(type));
    }
  }

  private final int code;
  private final boolean digestOfData;

  BootEventType(int code) {
    this(code, false);
  }

  BootEventType(int code, boolean digestOfData) {
    this.code = code;
    this.digestOfData = digestOfData;
  }

  /** The type with this code, an unsigned 32-bit number, if it is one of these. */
  public static Optional<BootEventType> ofCode(int code) {
    return BY_CODE.getOrDefault(code, Optional.empty());
  }

  /** The code, an unsigned 32-bit number. */
  public int code() {
    return code;
  }

  /** Whether the data of such an event is UEFI_VARIABLE_DATA. */
  public boolean isVariable() {
    return switch (this) {
      case EV_EFI_VARIABLE_DRIVER_CONFIG,
          EV_EFI_VARIABLE_BOOT,
          EV_EFI_VARIABLE_BOOT2,
          EV_EFI_VARIABLE_AUTHORITY,
          EV_EFI_SPDM_DEVICE_POLICY,
          EV_EFI_SPDM_DEVICE_AUTHORITY ->
          true;
      default -> false;
    };
  }

  /** Whether the data of such an event is a text, and nothing but a text. */
  public boolean isText() {
    return this == EV_ACTION || this == EV_EFI_ACTION;
  }

  /** Whether the digest of such an event is the hash of its data. */
  public boolean digestOfData() {
    return digestOfData;
  }
}
