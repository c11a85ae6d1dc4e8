// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.fixtures.Wire;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** An evidence package as the package documentation of dev.writ.evidence draws it, by its sections. */
final class EvidencePackage {
  static final int QUOTE = 1;
  static final int QUOTE_SIGNATURE = 2;
  static final int PCR_VALUES = 3;
  static final int KEY = 4;
  static final int KEY_ATTEST = 5;
  static final int KEY_SIGNATURE = 6;
  static final int BOOT_LOG = 7;
  static final int IMA_LIST = 8;

  static final int AS_IT_IS = 0;
  static final int ZLIB = 1;

  private final TreeMap<Integer, byte[]> sections;

  private EvidencePackage(Map<Integer, byte[]> sections) {
    this.sections = new TreeMap<>(sections);
  }

  /** A package with every section, in which all holds. */
  static EvidencePackage of(CorpusKey ak, CorpusKey instance) {
    byte[] quote = Statement.quote(Pcrs.ASKED, ak.area.hash()).encode();
    byte[] certification = Statement.certification(instance.area).encode();
    return new EvidencePackage(
        Map.of(
            QUOTE, quote,
            QUOTE_SIGNATURE, ak.sign(quote),
            PCR_VALUES, Pcrs.ASKED.encode(),
            KEY, instance.area.encode(),
            KEY_ATTEST, certification,
            KEY_SIGNATURE, ak.sign(certification)));
  }

  static EvidencePackage of(Map<Integer, byte[]> sections) {
    return new EvidencePackage(sections);
  }

  /** A quote with its PCRs and logs; no instance key. */
  static EvidencePackage of(CorpusKey ak, Pcrs quoted, Map<Integer, byte[]> logs) {
    byte[] quote = Statement.quote(quoted, ak.area.hash()).encode();
    Map<Integer, byte[]> sections = new TreeMap<>();
    sections.put(QUOTE, quote);
    sections.put(QUOTE_SIGNATURE, ak.sign(quote));
    sections.put(PCR_VALUES, quoted.encode());
    logs.forEach((id, log) -> sections.put(id, coded(AS_IT_IS, log.length, log)));
    return new EvidencePackage(sections);
  }

  /** A log's section: its coding and the length that it says to have stand before it. */
  static byte[] coded(int coding, long length, byte[] content) {
    return new Wire().u8(coding).u32((int) length).bytes(content).toByteArray();
  }

  EvidencePackage with(int section, byte[] content) {
    EvidencePackage other = new EvidencePackage(sections);
    other.sections.put(section, content);
    return other;
  }

  byte[] section(int id) {
    return Objects.requireNonNull(sections.get(id));
  }

  byte[] encode() {
    Wire wire = new Wire().u32(0x57524954).u16(1).u16(sections.size());
    sections.forEach((id, content) -> wire.u16(id).u32(content.length).bytes(content));
    return wire.toByteArray();
  }

  /** Where the length of a section stands. */
  int lengthOffset(int section) {
    int offset = 8;
    for (Map.Entry<Integer, byte[]> each : sections.headMap(section).entrySet()) {
      offset += 6 + each.getValue().length;
    }
    return offset + 2;
  }
}
