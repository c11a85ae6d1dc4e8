// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;
import java.util.StringJoiner;

/**
 * EFI_DEVICE_PATH_PROTOCOL (UEFI 2.10, 10.3): nodes of type(1) subtype(1) length(2) data, to an end
 * node. What firmware says of where it found an image; no digest covers it.
 */
final class UefiDevicePath {
  private static final int MAX_NODES = 64;
  private static final int NODE_HEADER_BYTES = 4;
  private static final int MESSAGING = 3;
  private static final int MAC_ADDRESS = 0x0b;
  private static final int MEDIA = 4;
  private static final int FILE_PATH = 4;
  private static final int FIRMWARE_FILE = 6;
  private static final int END = 0x7f;

  private UefiDevicePath() {}

  /**
   * What people read in a path: its files ({@code \EFI\debian\shimx64.efi}), a file of the firmware
   * by its GUID, a network card. Empty where there is none of these, or this is no device path.
   */
  static Optional<String> text(byte[] bytes, int at, int length) {
    UefiReader in = new UefiReader(bytes, at, length);
    StringJoiner text = new StringJoiner("");
    try {
      for (int nodes = 0; nodes < MAX_NODES && in.remaining() >= NODE_HEADER_BYTES; nodes++) {
        int type = in.u8("node.type");
        int subtype = in.u8("node.subtype");
        int size = in.u16("node.length") - NODE_HEADER_BYTES;
        if (type == END || size < 0) {
          break;
        }
        node(type, subtype, bytes, in.skip("node.data", size), size).ifPresent(text::add);
      }
    } catch (MalformedEvidenceException e) {
      return Optional.empty();
    }
    return text.length() == 0 ? Optional.empty() : Optional.of(text.toString());
  }

  private static Optional<String> node(int type, int subtype, byte[] bytes, int at, int size) {
    if (type == MEDIA && subtype == FILE_PATH) {
      return UefiText.utf16(bytes, at, size);
    }
    if (type == MEDIA && subtype == FIRMWARE_FILE && size == UefiGuid.BYTES) {
      return Optional.of("firmware file " + UefiGuid.at(bytes, at));
    }
    if (type == MESSAGING && subtype == MAC_ADDRESS) {
      return Optional.of("network card");
    }
    return Optional.empty();
  }
}
