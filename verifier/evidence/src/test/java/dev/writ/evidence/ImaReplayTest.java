// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link ImaReplay}: which lists a quote vouches for, cases 70 to 76. */
class ImaReplayTest {
  private static final PcrSelection BOTH =
      SoftwareIma.SHA256_PCRS.and(TpmAlg.SHA384, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

  private static ImaOutcome replay(ImaSegment segment, PcrValues quoted) {
    return replay(ImaPosition.START, segment, quoted);
  }

  private static ImaOutcome replay(ImaPosition from, ImaSegment segment, PcrValues quoted) {
    try {
      return ImaReplay.resume(from, segment, quoted);
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  private static ImaReplayed accepted(ImaOutcome outcome) {
    assertThat(outcome).isInstanceOf(ImaReplayed.class);
    return (ImaReplayed) outcome;
  }

  /** One entry of each template. */
  private static SoftwareIma everyTemplate() {
    SoftwareIma.Field sha256 = SoftwareIma.digestOf("/usr/bin/sh");
    SoftwareIma.Field path = SoftwareIma.path("/usr/bin/sh");
    SoftwareIma.Field typed =
        SoftwareIma.digest("ima:sha256", SoftwareIma.content("/usr/bin/sh").value().bytes());
    SoftwareIma.Field nothing = SoftwareIma.hex(new byte[0]);
    return new SoftwareIma(TpmAlg.SHA1, BOTH)
        .boot()
        .add("ima", SoftwareIma.hex(new byte[20]), SoftwareIma.path("/sbin/init"))
        .add("ima-ng", sha256, path)
        .add("ima-ngv2", typed, path)
        .add("ima-sig", sha256, path, nothing)
        .add("ima-sig", sha256, path, SoftwareIma.hex(new byte[] {3, 2, 4}))
        .add("ima-sigv2", typed, path, nothing)
        .add("ima-buf", sha256, SoftwareIma.path("kexec-cmdline"), SoftwareIma.hex(new byte[300]))
        .add("ima-modsig", sha256, path, nothing, nothing, nothing)
        .add("ima-modsig", sha256, path, nothing, sha256, SoftwareIma.hex(new byte[] {9}))
        .add("d-ng|n-ng", sha256, path)
        .violation("/var/log/messages");
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void everyTemplate_inEveryBank_isReplayed(ImaFormat format) {
    SoftwareIma ima = everyTemplate();

    ImaReplayed replayed = accepted(replay(ima.segment(format), ima.quoted()));

    assertThat(replayed.matched()).isEqualTo(ima.size());
    assertThat(replayed.ignored()).isZero();
    assertThat(replayed.bootAggregateChecked()).isTrue();
    assertThat(replayed.position().banks()).containsExactly(TpmAlg.SHA256, TpmAlg.SHA384);
    assertThat(replayed.position().value(TpmAlg.SHA384))
        .isEqualTo(ima.quoted().value(TpmAlg.SHA384, 10));
  }

  @Test
  void valueAfterAList_isThatOfEachBank() throws Exception {
    SoftwareIma ima = everyTemplate();

    for (TpmAlg bank : List.of(TpmAlg.SHA256, TpmAlg.SHA384)) {
      assertThat(ImaReplay.valueAfter(ima.segment(ImaFormat.ASCII), bank))
          .isEqualTo(ima.quoted().value(bank, 10).orElseThrow());
    }
    ImaSegment unknown = ima.add("evm-sig", SoftwareIma.path("/x")).segment(ImaFormat.ASCII);
    assertThatThrownBy(() -> ImaReplay.valueAfter(unknown, TpmAlg.SHA256))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageEndingWith(" must be known, was evm-sig");
  }

  @ParameterizedTest
  @CsvSource({
    "SHA256, BINARY",
    "SHA256, ASCII",
    "SHA384, BINARY",
    "SHA384, ASCII",
    "SHA512, BINARY",
    "SHA512, ASCII"
  })
  void listOfAnotherHash_isReplayed(TpmAlg listHash, ImaFormat format) {
    SoftwareIma ima = new SoftwareIma(listHash, BOTH).boot().file("/usr/bin/sh");

    assertThat(accepted(replay(ima.segment(format), ima.quoted())).matched()).isEqualTo(2);
  }

  @Test
  void unknownTemplate_inBinary_isCarriedByItsData() {
    SoftwareIma ima =
        SoftwareIma.booted()
            .add("evm-sig", SoftwareIma.digestOf("/x"), SoftwareIma.hex(new byte[99]));

    assertThat(accepted(replay(ima.segment(ImaFormat.BINARY), ima.quoted())).matched())
        .isEqualTo(4);
  }

  @Test
  void unknownTemplate_inAscii_isCarriedByTheListedDigestOfItsBankAlone() {
    SoftwareIma sha1 =
        SoftwareIma.booted().add("evm-sig", SoftwareIma.digestOf("/x"), SoftwareIma.path("/x"));
    SoftwareIma sha256 =
        new SoftwareIma(TpmAlg.SHA256, SoftwareIma.SHA256_PCRS)
            .boot()
            .add("evm-sig", SoftwareIma.digestOf("/x"), SoftwareIma.path("/x"));

    assertThat(replay(sha1.segment(ImaFormat.ASCII), sha1.quoted()))
        .isEqualTo(new ImaOutcome.TemplateNotReplayable(3, "evm-sig", TpmAlg.SHA256));
    assertThat(accepted(replay(sha256.segment(ImaFormat.ASCII), sha256.quoted())).matched())
        .isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void case70_templateHashMismatch_isRefused(ImaFormat format) {
    SoftwareIma ima = SoftwareIma.booted();
    byte[] list = ima.list(format);
    int second = list.length - ima.list(format, 1).length;
    list[second + 4] ^= 1; // a digest of '0' to '9' or 'a' to 'f' stays one, or is refused as none

    assertThat(outcomeOrMalformed(ima.segmentOf(format, list), ima.quoted()))
        .isIn("ima_template_digest_mismatch", "evidence_malformed");
  }

  @Test
  void case70_changeOfAnyByteButAName_isRefused() throws Exception {
    SoftwareIma ima = everyTemplate();
    byte[] list = ima.list(ImaFormat.BINARY);
    ImaListReader entries = ima.segment(ImaFormat.BINARY).entries();
    ImaEntry entry = new ImaEntry();
    while (entries.next(entry) && !entry.violation) {
      int nameAt = entry.at + 28;
      int nameEnd = nameAt + (int) ImaEntry.u32(list, nameAt - 4);
      for (int at = entry.at; at < entries.next; at++) {
        byte[] changed = list.clone();
        changed[at] ^= 0x20;
        String outcome = outcomeOrMalformed(ima.segmentOf(ImaFormat.BINARY, changed), ima.quoted());
        // The kernel hashes no names: with another the entry is of no known template.
        boolean named = at >= nameAt && at < nameEnd;
        assertThat(named || !outcome.equals("accepted")).as(outcome + " at byte " + at).isTrue();
      }
    }
  }

  private static String outcomeOrMalformed(ImaSegment segment, PcrValues quoted) {
    try {
      ImaOutcome outcome = ImaReplay.resume(ImaPosition.START, segment, quoted);
      return outcome instanceof Refusal refusal ? refusal.reason() : "accepted";
    } catch (MalformedEvidenceException e) {
      return e.reason();
    }
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void case71_violation_isReplayedAsOnes(ImaFormat format) {
    SoftwareIma ima = SoftwareIma.booted().violation("/var/log/messages").file("/usr/bin/ls");

    assertThat(accepted(replay(ima.segment(format), ima.quoted())).matched()).isEqualTo(5);
  }

  @Test
  void case71_violationOfAnEntryThatIsNone_isRefused() {
    SoftwareIma ima = SoftwareIma.booted();
    byte[] list = ima.list(ImaFormat.BINARY);
    int last = list.length - ima.list(ImaFormat.BINARY, 2).length;
    Arrays.fill(list, last + 4, last + 24, (byte) 0);

    assertThat(outcomeOrMalformed(ima.segmentOf(ImaFormat.BINARY, list), ima.quoted()))
        .isEqualTo("ima_not_replayed");
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void case72_truncatedAtEveryByte_isRefused(ImaFormat format) {
    SoftwareIma ima = everyTemplate();
    byte[] list = ima.list(format);

    for (int length = 0; length < list.length; length++) {
      byte[] cut = Arrays.copyOf(list, length);
      assertThat(outcomeOrMalformed(ima.segmentOf(format, cut), ima.quoted()))
          .as("cut to " + length)
          .isIn("evidence_malformed", "ima_not_replayed", "ima_boot_aggregate_missing");
    }
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void case72_truncatedLastEntryBehindTheQuote_isMalformed(ImaFormat format) {
    SoftwareIma ima = SoftwareIma.booted();
    PcrValues quoted = ima.quoted();
    byte[] longer = ima.file("/usr/bin/ls").list(format);
    ImaSegment cut = ima.segmentOf(format, Arrays.copyOf(longer, longer.length - 1));

    assertThatThrownBy(() -> ImaReplay.resume(ImaPosition.START, cut, quoted))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("imaList[3].");
  }

  @Test
  void case73_lineFeedInPath_isRefusedInAsciiAndOneEntryInBinary() {
    SoftwareIma inner = new SoftwareIma().file("/usr/bin/good");
    String forged = new String(inner.list(ImaFormat.ASCII), StandardCharsets.US_ASCII).strip();
    SoftwareIma ima = SoftwareIma.booted().file("/tmp/x\n" + forged);

    assertThat(replay(ima.segment(ImaFormat.ASCII), ima.quoted()))
        .isEqualTo(new ImaOutcome.TemplateDigestMismatch(3, ImaFormat.ASCII));
    assertThat(accepted(replay(ima.segment(ImaFormat.BINARY), ima.quoted())).matched())
        .isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void case73_spacesInPath_areOfThePath(ImaFormat format) {
    SoftwareIma ima =
        SoftwareIma.booted()
            .file("/tmp/a 10 b")
            .file("/tmp/with signature", new byte[] {3, 2})
            .file("/tmp/ 00", new byte[0]);

    assertThat(accepted(replay(ima.segment(format), ima.quoted())).matched()).isEqualTo(6);
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void case73_zeroByteInPath_isMalformed(ImaFormat format) {
    SoftwareIma ima = SoftwareIma.booted().file("/usr/bin/good\0evil");

    assertThatThrownBy(() -> ImaReplay.resume(ImaPosition.START, ima.segment(format), ima.quoted()))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("imaList[3].path");
  }

  @Test
  void case73_pathWithoutItsZero_isMalformed() {
    SoftwareIma.Field path = new SoftwareIma.Field(SoftwareIma.ascii("/x"), new byte[0]);
    SoftwareIma ima = SoftwareIma.booted().add("ima-ng", SoftwareIma.digestOf("/x"), path);

    assertThat(outcomeOrMalformed(ima.segment(ImaFormat.BINARY), ima.quoted()))
        .isEqualTo("evidence_malformed");
  }

  @ParameterizedTest
  @CsvSource({"8, true", "10, true", "9, false", "7, false"})
  void case74_bootAggregateOfQuotedPcrs_isChecked(int pcrs, boolean holds) {
    SoftwareIma ima = new SoftwareIma().boot(TpmAlg.SHA256, pcrs).file("/usr/bin/sh");

    ImaOutcome outcome = replay(ima.segment(ImaFormat.BINARY), ima.quoted());

    if (holds) {
      assertThat(accepted(outcome).bootAggregateChecked()).isTrue();
    } else {
      assertThat(outcome).isInstanceOf(ImaOutcome.BootAggregateMismatch.class);
      assertThat(((Refusal) outcome).message())
          .contains(" must be one of [sha256:", ", was sha256:");
    }
  }

  @Test
  void case74_bootAggregateOfSha1_isNotChecked_orRefusedWhereItDiffers() {
    PcrSelection withSha1 = SoftwareIma.SHA256_PCRS.and(TpmAlg.SHA1, 0, 1, 2, 3, 4, 5, 6, 7);
    SoftwareIma equal = new SoftwareIma(TpmAlg.SHA1, withSha1).boot(TpmAlg.SHA1, 8);
    SoftwareIma different = new SoftwareIma(TpmAlg.SHA1, withSha1).boot(TpmAlg.SHA1, 7);
    SoftwareIma unquoted = new SoftwareIma().boot(TpmAlg.SHA1, 7);

    ImaReplayed replayed = accepted(replay(equal.segment(ImaFormat.BINARY), equal.quoted()));
    assertThat(replayed.bootAggregateChecked()).isFalse();
    assertThat(replay(different.segment(ImaFormat.BINARY), different.quoted()))
        .isInstanceOf(ImaOutcome.BootAggregateMismatch.class);
    assertThat(
            accepted(replay(unquoted.segment(ImaFormat.BINARY), unquoted.quoted()))
                .bootAggregateChecked())
        .isFalse();
  }

  @Test
  void case74_bootAggregateWithoutItsPcrsQuoted_isNotChecked() {
    PcrSelection upTo7 = PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 3, 4, 5, 6, 7, 10);
    SoftwareIma ofNine = new SoftwareIma(TpmAlg.SHA1, upTo7).boot(TpmAlg.SHA256, 10);
    SoftwareIma ofSeven = new SoftwareIma(TpmAlg.SHA1, upTo7).boot(TpmAlg.SHA256, 8);

    assertThat(
            accepted(replay(ofNine.segment(ImaFormat.BINARY), ofNine.quoted()))
                .bootAggregateChecked())
        .isFalse();
    assertThat(
            accepted(replay(ofSeven.segment(ImaFormat.BINARY), ofSeven.quoted()))
                .bootAggregateChecked())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource({"ima-ng, md5, 16", "ima-ngv2, verity:sha256, 32"})
  void case74_bootAggregateOfAHashThatIsNotJudged_isNotChecked(
      String template, String algorithm, int length) {
    SoftwareIma ima =
        new SoftwareIma()
            .add(
                template,
                SoftwareIma.digest(algorithm, new byte[length]),
                SoftwareIma.path("boot_aggregate"));

    assertThat(accepted(replay(ima.segment(ImaFormat.BINARY), ima.quoted())).bootAggregateChecked())
        .isFalse();
  }

  @Test
  void case74_firstEntryThatIsNoBootAggregate_isRefused() {
    SoftwareIma none = new SoftwareIma().file("/usr/bin/sh");
    SoftwareIma race = new SoftwareIma().violation("boot_aggregate");
    SoftwareIma empty = new SoftwareIma();

    for (SoftwareIma ima : List.of(none, race, empty)) {
      assertThat(replay(ima.segment(ImaFormat.BINARY), ima.quoted()))
          .isEqualTo(new ImaOutcome.BootAggregateMissing());
    }
  }

  @Test
  void case75_sha1ListWithSha256Bank_isReplayedWithTheBanksHash() {
    SoftwareIma ima = SoftwareIma.booted();

    assertThat(ima.segment(ImaFormat.BINARY).listHash()).isEqualTo(TpmAlg.SHA1);
    assertThat(accepted(replay(ima.segment(ImaFormat.BINARY), ima.quoted())).matched())
        .isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void case75_sha256BankOfPaddedSha1_isRefusedWithItsOwnReason(ImaFormat format) {
    SoftwareIma ima = SoftwareIma.booted().violation("/var/log/messages").file("/usr/bin/ls");

    assertThat(replay(ima.segment(format), ima.quotedPadded()))
        .isEqualTo(new ImaOutcome.PaddedSha1(TpmAlg.SHA256));
  }

  @Test
  void case75_sha1BankAlone_isRefused() {
    SoftwareIma ima = new SoftwareIma(TpmAlg.SHA1, PcrSelection.of(TpmAlg.SHA1, 0, 10));
    ima.boot(TpmAlg.SHA1, 8);

    assertThat(replay(ima.segment(ImaFormat.BINARY), ima.quoted()))
        .isEqualTo(new ImaOutcome.PcrNotQuoted());
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void case76_listLongerThanTheQuote_isAcceptedToTheMatchPoint(ImaFormat format) {
    SoftwareIma ima = SoftwareIma.booted();
    PcrValues quoted = ima.quoted();
    ima.file("/usr/bin/ls").file("/usr/bin/cat");

    ImaReplayed replayed = accepted(replay(ima.segment(format), quoted));

    assertThat(replayed.matched()).isEqualTo(3);
    assertThat(replayed.ignored()).isEqualTo(2);
    assertThat(replayed.position().entries()).isEqualTo(3);
    ImaReplayed rest = accepted(replay(replayed.position(), ima.segment(format, 3), ima.quoted()));
    assertThat(rest.entries()).isEqualTo(5);
    assertThat(rest.matched()).isEqualTo(2);
  }

  @Test
  void case76_listShorterThanTheQuote_isRefused() {
    SoftwareIma ima = SoftwareIma.booted();
    ImaSegment earlier = ima.segment(ImaFormat.BINARY);
    PcrValues quoted = ima.file("/usr/bin/ls").quoted();

    ImaOutcome outcome = replay(earlier, quoted);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            ImaOutcome.NotReplayed.class,
            refused -> {
              assertThat(refused.entries()).isEqualTo(3);
              assertThat(refused.quoted()).containsExactly(quoted.value(TpmAlg.SHA256, 10).get());
              assertThat(refused.replayed()).isNotEqualTo(refused.quoted());
            });
  }

  @Test
  void case76_banksThatMatchAfterDifferentEntries_areRefused() {
    SoftwareIma ima = new SoftwareIma(TpmAlg.SHA1, BOTH).boot().file("/usr/bin/sh");
    List<TpmDigest> before = ima.quoted().digests();
    ima.file("/usr/bin/ls");
    List<TpmDigest> mixed = new ArrayList<>(before.subList(0, 11));
    mixed.addAll(ima.quoted().digests().subList(11, 22));

    assertThat(replay(ima.segment(ImaFormat.BINARY), new PcrValues(BOTH, mixed)))
        .isInstanceOf(ImaOutcome.NotReplayed.class);
  }

  @Test
  void entryOfAnotherPcr_isRefused() {
    SoftwareIma ima = SoftwareIma.booted().toPcr(11).file("/usr/bin/ls");

    assertThat(replay(ima.segment(ImaFormat.BINARY), ima.quoted()))
        .isEqualTo(new ImaOutcome.OtherPcr(3, 11));
  }

  @Test
  void unchangedHost_sendsNothing_andIsAccepted() {
    SoftwareIma ima = SoftwareIma.booted();
    ImaPosition stored = accepted(replay(ima.segment(ImaFormat.BINARY), ima.quoted())).position();

    ImaReplayed again = accepted(replay(stored, ima.segment(ImaFormat.BINARY, 3), ima.quoted()));

    assertThat(again.matched()).isZero();
    assertThat(again.position()).isEqualTo(stored);
  }

  @Test
  void segmentFromElsewhere_isAskedForAgain() {
    SoftwareIma ima = SoftwareIma.booted();
    ImaPosition stored = accepted(replay(ima.segment(ImaFormat.BINARY), ima.quoted())).position();
    ima.file("/usr/bin/ls");

    assertThat(replay(stored, ima.segment(ImaFormat.BINARY, 2), ima.quoted()))
        .isEqualTo(new ImaOutcome.PositionMismatch(3, 2));
    assertThat(replay(ImaPosition.START, ima.segment(ImaFormat.BINARY, 3), ima.quoted()))
        .isEqualTo(new ImaOutcome.PositionMismatch(0, 3));
  }

  @Test
  void segmentFromTheStart_startsAgain() {
    SoftwareIma ima = SoftwareIma.booted();
    ImaPosition stored = accepted(replay(ima.segment(ImaFormat.BINARY), ima.quoted())).position();

    assertThat(accepted(replay(stored, ima.segment(ImaFormat.BINARY), ima.quoted())).position())
        .isEqualTo(stored);
  }

  @Test
  void bankThatThePositionDoesNotHold_startsAgain() {
    SoftwareIma one = SoftwareIma.booted();
    SoftwareIma both =
        new SoftwareIma(TpmAlg.SHA1, BOTH).boot().file("/usr/bin/init").file("/usr/bin/sh");
    ImaPosition stored = accepted(replay(one.segment(ImaFormat.BINARY), one.quoted())).position();

    assertThat(replay(stored, both.segment(ImaFormat.BINARY, 3), both.quoted()))
        .isEqualTo(new ImaOutcome.PositionMismatch(0, 3));
  }

  @Test
  void positionOfAnotherBoot_isRefused() {
    SoftwareIma ima = SoftwareIma.booted();
    ImaPosition stored = accepted(replay(ima.segment(ImaFormat.BINARY), ima.quoted())).position();
    SoftwareIma rebooted = new SoftwareIma().boot().file("/usr/bin/other").file("/usr/bin/sh");

    assertThat(replay(stored, rebooted.segment(ImaFormat.BINARY, 3), rebooted.quoted()))
        .isInstanceOf(ImaOutcome.NotReplayed.class);
  }

  @Test
  void verifiedQuote_vouchesForItsList() throws Exception {
    SoftwareAk ak = SoftwareAk.p256();
    SoftwareIma ima = SoftwareIma.booted();
    PcrValues values = ima.quoted();
    Statement statement =
        Statement.quote(TpmAlg.SHA256)
            .withAttested(
                new Attested.Quote(values.selection(), values.pcrDigest(TpmAlg.SHA256).value()));
    VerifiedQuote quote =
        (VerifiedQuote)
            QuoteVerifier.verify(
                statement.parsed(),
                ak.sign(statement.bytes()),
                values,
                ak.enrolled(),
                Statement.QUALIFYING_DATA,
                values.selection());

    ImaOutcome outcome = ImaReplay.resume(ImaPosition.START, ima.segment(ImaFormat.BINARY), quote);

    assertThat(accepted(outcome).matched()).isEqualTo(3);
  }
}
