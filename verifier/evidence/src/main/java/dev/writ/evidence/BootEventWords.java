// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/** What events and measurements are called when a person is told of them. */
final class BootEventWords {
  private BootEventWords() {}

  /** What the event's type and, of a variable, its name say. */
  static String name(BootEvent event) {
    String type = event.typeText();
    if (event.type().isEmpty()) {
      return "event of type " + type;
    }
    return switch (event.type().get()) {
      case EV_S_CRTM_VERSION -> "the firmware's version";
      case EV_S_CRTM_CONTENTS,
          EV_POST_CODE,
          EV_EFI_PLATFORM_FIRMWARE_BLOB,
          EV_EFI_PLATFORM_FIRMWARE_BLOB2 ->
          "firmware code (" + type + ")";
      case EV_CPU_MICROCODE -> "microcode";
      case EV_EFI_HANDOFF_TABLES, EV_EFI_HANDOFF_TABLES2 -> "firmware tables (" + type + ")";
      case EV_EFI_BOOT_SERVICES_DRIVER, EV_EFI_RUNTIME_SERVICES_DRIVER -> "driver (" + type + ")";
      case EV_EFI_GPT_EVENT, EV_EFI_GPT_EVENT2 -> "the partition table";
      case EV_EFI_VARIABLE_BOOT, EV_EFI_VARIABLE_BOOT2 -> "boot variable" + variable(event);
      case EV_EFI_VARIABLE_DRIVER_CONFIG -> "firmware variable" + variable(event);
      default -> type + (event.type().get().isVariable() ? variable(event) : "");
    };
  }

  /** The version of firmware where it is a text, which is measured as such; some have a GUID. */
  static Optional<String> version(BootEvent event) {
    if (!event.is(BootEventType.EV_S_CRTM_VERSION)) {
      return Optional.empty();
    }
    int at = event.dataAt();
    int length = event.dataLength();
    return UefiText.utf16(event.raw(), at, length)
        .filter(BootEventWords::isPrintable)
        .or(() -> UefiText.ascii(event.raw(), at, length).filter(BootEventWords::isPrintable));
  }

  private static boolean isPrintable(String text) {
    return !text.isBlank() && text.chars().allMatch(c -> c >= ' ' && c <= '~');
  }

  /** Kind and name; of what shim measures for machine owner keys, that it is this. */
  static String name(BootMeasurement measurement) {
    if (measurement.kind() != BootMeasurement.Kind.SHIM) {
      return measurement.text();
    }
    return switch (measurement.name()) {
      case "MokList" -> "the list of machine owner keys (MokList)";
      case "MokListX" -> "the list of forbidden machine owner keys (MokListX)";
      default -> measurement.text();
    };
  }

  private static String variable(BootEvent event) {
    try {
      return " " + UefiVariable.read(event).name();
    } catch (MalformedEvidenceException e) {
      throw new IllegalStateException("bug: a variable of a replayed log is malformed", e);
    }
  }
}
