// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * UEFI_VARIABLE_DATA (PFP): a variable as an event holds it; a view of the log.
 *
 * <pre>
 * vendorGuid(16) unicodeNameLength(8) variableDataLength(8) unicodeName(2 each) variableData
 * </pre>
 *
 * @param guid the vendor's GUID
 * @param name the name, of UTF-16 without NUL
 * @param valueAt where the value starts in the log
 * @param valueLength length of the value in bytes
 * @param surplus bytes after the value, which some shims measure along
 */
record UefiVariable(UefiGuid guid, String name, int valueAt, int valueLength, int surplus) {
  /** Longest name in UTF-16 units. */
  static final int MAX_NAME = 512;

  /** Older shims count the name's length wrongly, and so log up to this many bytes too many. */
  private static final int MAX_SURPLUS = 64;

  /**
   * Reads the data of an event.
   *
   * @throws MalformedEvidenceException if it is not such a structure, a name is no UTF-16, or it does
   *     not end at the end; shim's own variables may have surplus bytes behind the value
   */
  static UefiVariable read(BootEvent event) throws MalformedEvidenceException {
    UefiReader in = new UefiReader(event.raw(), event.dataAt(), event.dataLength());
    UefiGuid guid = UefiGuid.at(event.raw(), in.skip("variable.guid", UefiGuid.BYTES));
    int units = in.u64Length("variable.nameLength", MAX_NAME);
    int length = in.u64Length("variable.dataLength", BootLog.MAX_EVENT_BYTES);
    int nameAt = in.skip("variable.name", 2 * units);
    String name = UefiText.utf16(event.raw(), nameAt, units, "variable.name");
    int valueAt = in.skip("variable.data", length);
    int surplus = in.remaining();
    boolean shim =
        guid.equals(UefiGuid.SHIM_LOCK) && event.is(BootEventType.EV_EFI_VARIABLE_AUTHORITY);
    if (!shim || surplus > MAX_SURPLUS) {
      in.end("variable");
    }
    return new UefiVariable(guid, name, valueAt, length, surplus);
  }
}
