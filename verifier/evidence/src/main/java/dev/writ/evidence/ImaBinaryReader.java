// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * Reads {@code binary_runtime_measurements} (Linux, ima_measurements_show):
 *
 * <pre>
 * pcr(u32) template digest(of the list's hash) length(u32) template name
 * length(u32) template data                              every template but ima
 * digest(20) length(u32) path                            ima
 * </pre>
 */
final class ImaBinaryReader extends ImaListReader {
  /** Longest data of a template that is not looked into: evm-sig holds extended attributes. */
  private static final int MAX_DATA = 1 << 17;

  /** Data of an entry of the template {@code ima} without the length inside it. */
  private final byte[] old = new byte[ImaTemplate.OLD_DIGEST + ImaTemplate.MAX_OLD_PATH];

  ImaBinaryReader(byte[] bytes, int at, int end, long start, TpmAlg listHash) {
    super(bytes, at, end, start, listHash);
  }

  @Override
  void readEntry(ImaEntry entry) throws MalformedEvidenceException {
    int digestBytes = listHash.digestBytes();
    long pcr = ImaEntry.u32(bytes, take(entry, "pcr", 4));
    if (pcr >= PcrSelection.PCRS) {
      throw entry.malformed("pcr", "0 to " + (PcrSelection.PCRS - 1), Long.toString(pcr));
    }
    entry.pcr = (int) pcr;
    int digestAt = take(entry, "templateDigest", digestBytes);
    System.arraycopy(bytes, digestAt, entry.templateDigest, 0, digestBytes);
    entry.violation = listedDigestIsZero(entry);
    int nameLength = length(entry, "templateName", MAX_TEMPLATE_NAME);
    int nameAt = take(entry, "templateName", nameLength);
    entry.nameTemplate(bytes, nameAt, nameLength);
    if (entry.template == ImaTemplate.IMA) {
      int fileDigestAt = take(entry, "digest", ImaTemplate.OLD_DIGEST);
      int pathLength = length(entry, "path", ImaTemplate.MAX_OLD_PATH);
      int pathAt = take(entry, "path", pathLength);
      System.arraycopy(bytes, fileDigestAt, old, 0, ImaTemplate.OLD_DIGEST);
      System.arraycopy(bytes, pathAt, old, ImaTemplate.OLD_DIGEST, pathLength);
      entry.read(old, 0, ImaTemplate.OLD_DIGEST + pathLength);
      return;
    }
    int dataLength = length(entry, "data", MAX_DATA);
    entry.read(bytes, take(entry, "data", dataLength), dataLength);
  }

  private int length(ImaEntry entry, String field, int max) throws MalformedEvidenceException {
    long length = ImaEntry.u32(bytes, take(entry, field, 4));
    if (length > max) {
      throw entry.malformed(field, "at most " + max + " bytes", Long.toString(length));
    }
    return (int) length;
  }

  private int take(ImaEntry entry, String field, int length) throws MalformedEvidenceException {
    if (length > end - next) {
      throw entry.malformed(field, length + " bytes", "cut off after " + (end - next));
    }
    int at = next;
    next += length;
    return at;
  }
}
