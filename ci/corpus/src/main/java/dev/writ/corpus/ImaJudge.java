// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.ImaPolicy;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.fixtures.SoftwareImaList;
import dev.writ.fixtures.SoftwareImaList.Field;
import dev.writ.fixtures.Wire;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Has measurement lists judged beside a quote of PCRs 0 to 10. PCRs 0 to 9 are those of each host of the
 * corpus; 10 is what the host's own list left there, which the list that is sent may not be.
 */
final class ImaJudge {
  static final String INIT = "/usr/bin/init";
  static final String SHELL = "/usr/bin/sh";

  private final LogJudge judge = new LogJudge();

  /** The forms in which the kernel shows a list. */
  enum Form {
    BINARY(1),
    ASCII(2);

    private final int id;

    Form(int id) {
      this.id = id;
    }

    /** All of a list. */
    byte[] of(SoftwareImaList list) {
      return this == BINARY ? list.binary(0) : list.ascii(0);
    }

    /** Where an entry begins. */
    int start(SoftwareImaList list, int entry) {
      byte[] rest = this == BINARY ? list.binary(entry) : list.ascii(entry);
      return of(list).length - rest.length;
    }
  }

  private static byte[] content(String path) {
    return CorpusKey.digest(CorpusKey.SHA256, path.getBytes(StandardCharsets.UTF_8));
  }

  static Field digest(String path) {
    return SoftwareImaList.digest("sha256", content(path));
  }

  private static TpmDigest listed(String path) {
    return TpmDigest.of(TpmAlg.SHA256, content(path));
  }

  /** The first entry, over the first PCRs of a bank. */
  static SoftwareImaList aggregate(SoftwareImaList list, String bank, int hash, int pcrs) {
    byte[][] values =
        IntStream.range(0, pcrs).mapToObj(pcr -> Pcrs.value(hash, pcr)).toArray(byte[][]::new);
    return list.add(
        "ima-ng",
        SoftwareImaList.digest(bank, SoftwareImaList.aggregate(hash, values)),
        SoftwareImaList.path(SoftwareImaList.BOOT_AGGREGATE));
  }

  static SoftwareImaList file(SoftwareImaList list, String path) {
    return list.add("ima-ng", digest(path), SoftwareImaList.path(path));
  }

  /** A list of a boot that measured two files. */
  static SoftwareImaList booted() {
    SoftwareImaList list = aggregate(new SoftwareImaList(), "sha256", CorpusKey.SHA256, 10);
    return file(file(list, INIT), SHELL);
  }

  /** A policy for what {@link #booted} measures. */
  static ImaPolicy.Builder policy() {
    return ImaPolicy.builder().allow(listed(INIT)).allow(SHELL, listed(SHELL));
  }

  /** PCRs 0 to 9 of each host of the corpus, and what this list left in PCR 10. */
  static Pcrs quoted(SoftwareImaList list) {
    return quoted(list.value(CorpusKey.SHA256));
  }

  static Pcrs quoted(byte[] pcr10) {
    int[] indices = IntStream.rangeClosed(0, SoftwareImaList.PCR).toArray();
    return new Pcrs(List.of())
        .and(
            CorpusKey.SHA256,
            (hash, pcr) -> pcr == SoftwareImaList.PCR ? pcr10 : Pcrs.value(hash, pcr),
            indices);
  }

  Observed judged(Form form, byte[] list, Pcrs quoted, ImaPolicy.Builder policy) {
    byte[] segment = new Wire().u64(0).u8(form.id).u16(CorpusKey.SHA1).bytes(list).toByteArray();
    return judge.judged(EvidencePackage.IMA_LIST, segment, quoted, references(policy));
  }

  Observed judged(Form form, byte[] list, Pcrs quoted) {
    return judged(form, list, quoted, policy());
  }

  /** A list on the host whose kernel wrote it. */
  Observed own(Form form, SoftwareImaList list) {
    return own(form, list, policy());
  }

  Observed own(Form form, SoftwareImaList list, ImaPolicy.Builder policy) {
    return judged(form, form.of(list), quoted(list), policy);
  }

  /** No list at all. */
  Observed without(Pcrs quoted) {
    return judge.judged(quoted, references(policy()));
  }

  private static ReferenceValues references(ImaPolicy.Builder policy) {
    return ReferenceValues.builder().ima(policy.build()).build();
  }
}
