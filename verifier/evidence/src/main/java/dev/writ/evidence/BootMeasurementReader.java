// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.BootMeasurement.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads what booted out of explained PCRs.
 *
 * <p>GRUB measures the text of a command without the {@code grub_cmd: } before it, into PCR 8; a
 * command line stands there beside its commands, and is told from one by its first character: the
 * words before the text are not measured. It starts with the kernel's path or its blocks on a disk,
 * a command with a letter, {@code [}, {@code .} or {@code _}; whatever else it starts with, a text
 * counts as a command line.
 * systemd-boot and systemd-stub measure command lines in UTF-16 (PCR 12), and each section of a
 * unified kernel image as a pair, its name with NUL in ASCII and then its content (PCR 11)
 * (systemd's TPM2 PCR measurements).
 */
final class BootMeasurementReader {
  /** The PCR of boot applications. */
  static final int APPLICATIONS_PCR = 4;

  private static final int DRIVERS_PCR = 2;

  /** The PCR of GRUB's commands and command lines. */
  static final int COMMANDS_PCR = 8;

  private static final int FILES_PCR = 9;
  private static final int SECTIONS_PCR = 11;

  /** The PCR of systemd's command lines. */
  static final int COMMAND_LINES_PCR = 12;

  private static final int EXTENSIONS_PCR = 13;
  private static final int SHIM_PCR = 14;

  /** Fields before the device path of UEFI_IMAGE_LOAD_EVENT (PFP). */
  private static final int IMAGE_LOAD_BYTES = 32;

  /** Longest name that is kept, in UTF-16 units; Linux takes 2048 bytes of a command line. */
  private static final int MAX_NAME = 4096;

  private static final List<byte[]> GRUB_PREFIXES =
      Stream.of(
              "grub_cmd: ",
              "kernel_cmdline: ",
              "module_cmdline: ",
              "grub_cmd ",
              "grub_kernel_cmdline ")
          .map(prefix -> prefix.getBytes(StandardCharsets.US_ASCII))
          .toList();

  /** Tags of EV_EVENT_TAG: Linux's EFI stub, systemd-boot and systemd-stub. */
  private static final Map<Integer, Kind> TAGS =
      Map.of(
          0x8F3B_22EC, Kind.FILE,
          0x8F3B_22ED, Kind.ADDITION,
          0xF5BC_582A, Kind.FILE,
          0x6C46_F751, Kind.ADDITION,
          0x49DF_FE0F, Kind.ADDITION,
          0xDAC0_8E1A, Kind.ADDITION);

  private final ExplainedPcrs explained;
  private final List<BootImage> images = new ArrayList<>();
  private final List<BootMeasurement> measurements = new ArrayList<>();
  private int applications;
  private int drivers;
  private Optional<String> section = Optional.empty();

  BootMeasurementReader(BootLog log, ExplainedPcrs explained) {
    this.explained = explained;
    for (BootEvent event : log.events()) {
      if (event.isMeasured() && explained.contains(event.pcr())) {
        read(event);
      }
    }
  }

  List<BootImage> images() {
    return images;
  }

  List<BootMeasurement> measurements() {
    return measurements;
  }

  private void read(BootEvent event) {
    switch (event.pcr()) {
      case DRIVERS_PCR -> {
        if (event.is(BootEventType.EV_EFI_BOOT_SERVICES_DRIVER)
            || event.is(BootEventType.EV_EFI_RUNTIME_SERVICES_DRIVER)
            || event.is(BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION)) {
          images.add(image(event, ++drivers));
        }
      }
      case APPLICATIONS_PCR -> {
        // Of other data an image could be made out: its own bytes are what its digest is of.
        boolean none =
            event.is(BootEventType.EV_SEPARATOR)
                || event.type().map(BootEventType::isText).orElse(false);
        if (!none) {
          images.add(image(event, ++applications));
        }
      }
      case COMMANDS_PCR -> measurements.add(command(event));
      case FILES_PCR -> measurements.add(named(event, Kind.FILE));
      case SECTIONS_PCR -> section(event);
      case COMMAND_LINES_PCR -> measurements.add(commandLine(event));
      case EXTENSIONS_PCR -> measurements.add(named(event, Kind.ADDITION));
      case SHIM_PCR -> measurements.add(named(event, Kind.SHIM));
      default -> {}
    }
  }

  private BootImage image(BootEvent event, int number) {
    Optional<String> path =
        event.dataLength() > IMAGE_LOAD_BYTES
            ? UefiDevicePath.text(
                event.raw(),
                event.dataAt() + IMAGE_LOAD_BYTES,
                event.dataLength() - IMAGE_LOAD_BYTES)
            : Optional.empty();
    return new BootImage(event.pcr(), number, event.index(), explained.digests(event), path);
  }

  private BootMeasurement command(BootEvent event) {
    if (event.is(BootEventType.EV_IPL)) {
      for (byte[] prefix : GRUB_PREFIXES) {
        if (event.dataStartsWith(prefix)) {
          int at = event.dataAt() + prefix.length;
          int length = event.dataLength() - prefix.length;
          int text = UefiText.lengthWithoutNul(event.raw(), at, length);
          // The log may have a NUL that GRUB did not measure.
          if (explained.digestsAreOf(event, at, text)
              || explained.digestsAreOf(event, at, length)) {
            boolean line = text > 0 && !startsCommand(event.raw()[at]);
            return measurement(
                line ? Kind.COMMAND_LINE : Kind.GRUB_COMMAND,
                UefiText.utf8(event.raw(), at, text).orElse(""),
                true,
                event);
          }
        }
      }
    }
    return commandLine(event);
  }

  /** A command, {@code [} and {@code .} of GRUB's among them, or a function of a script. */
  private static boolean startsCommand(byte first) {
    return first >= 'a' && first <= 'z'
        || first >= 'A' && first <= 'Z'
        || first == '['
        || first == '.'
        || first == '_';
  }

  private BootMeasurement commandLine(BootEvent event) {
    if (event.is(BootEventType.EV_IPL)) {
      Optional<String> text = UefiText.utf16(event.raw(), event.dataAt(), event.dataLength());
      if (text.isPresent() && isMeasuredUtf16(event, 2 * text.get().length())) {
        return measurement(Kind.COMMAND_LINE, text.get(), true, event);
      }
    }
    return event.pcr() == COMMANDS_PCR ? named(event, Kind.OTHER) : named(event, Kind.ADDITION);
  }

  /** Of the text without NUL, with it, or with one of its two bytes. */
  private boolean isMeasuredUtf16(BootEvent event, int bytes) {
    for (int length = bytes; length <= Math.min(bytes + 2, event.dataLength()); length++) {
      if (explained.digestsAreOf(event, event.dataAt(), length)) {
        return true;
      }
    }
    return false;
  }

  private void section(BootEvent event) {
    Optional<String> name =
        event.is(BootEventType.EV_IPL)
            ? UefiText.utf16(event.raw(), event.dataAt(), event.dataLength())
            : Optional.empty();
    if (section.isPresent()) {
      measurements.add(measurement(Kind.UKI_SECTION, section.get(), true, event));
      section = Optional.empty();
    } else if (name.isPresent()
        && explained.digestsAreOf(
            event, new MeasuredData((name.get() + "\0").getBytes(StandardCharsets.UTF_8)))) {
      section = name;
    } else {
      measurements.add(named(event, Kind.OTHER));
    }
  }

  private BootMeasurement named(BootEvent event, Kind kind) {
    int at = event.dataAt();
    int length = event.dataLength();
    if (event.is(BootEventType.EV_EVENT_TAG) && length >= 8) {
      int tag = UefiReader.u16At(event.raw(), at) | UefiReader.u16At(event.raw(), at + 2) << 16;
      Kind tagged = TAGS.getOrDefault(tag, kind);
      String name =
          UefiText.readable(event.raw(), at + 8, length - 8)
              .or(() -> UefiText.utf16(event.raw(), at + 8, length - 8))
              .orElse("of tag " + TpmReader.hex32(tag & 0xffff_ffffL));
      return measurement(tagged, name, false, event);
    }
    String name =
        UefiText.readable(event.raw(), at, length)
            .or(() -> UefiText.utf16(event.raw(), at, length))
            .orElse("of " + event.typeText());
    return measurement(kind, name, false, event);
  }

  private BootMeasurement measurement(Kind kind, String name, boolean nameBound, BootEvent event) {
    String shown = name.length() > MAX_NAME ? name.substring(0, MAX_NAME) + "…" : name;
    return new BootMeasurement(
        kind, shown, nameBound, event.pcr(), event.index(), explained.digests(event));
  }
}
