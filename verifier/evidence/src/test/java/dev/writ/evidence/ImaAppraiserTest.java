// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link ImaAppraiser}: which entries a policy allows, cases 71, 73 and 77. */
class ImaAppraiserTest {
  private static final SoftwareImaSigner SIGNER = SoftwareImaSigner.ecdsa(TpmCurve.P256);
  private static final byte[] CERTIFICATE = SoftwareIma.ascii("certificate of the signer");
  private static final Octets CERTIFICATE_SHA256 =
      Octets.of(TpmAlg.SHA256.newDigest().digest(CERTIFICATE));

  private static ImaAppraisal appraise(SoftwareIma ima, ImaPolicy.Builder policy) {
    return appraise(ImaPosition.START, ima, ImaFormat.BINARY, policy);
  }

  private static ImaAppraisal appraise(
      ImaPosition from, SoftwareIma ima, ImaFormat format, ImaPolicy.Builder policy) {
    try {
      ImaSegment segment = ima.segment(format, (int) from.entries());
      ImaOutcome outcome = ImaReplay.resume(from, segment, ima.quoted());
      assertThat(outcome).isInstanceOf(ImaReplayed.class);
      return ImaAppraiser.appraise((ImaReplayed) outcome, policy.build());
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  /** A policy for what {@link SoftwareIma#booted} measures. */
  private static ImaPolicy.Builder policy() {
    return ImaPolicy.builder()
        .allow(SoftwareIma.content("/usr/bin/init"))
        .allow("/usr/bin/sh", SoftwareIma.content("/usr/bin/sh"));
  }

  private static List<ImaVerdict> verdicts(ImaAppraisal appraisal) {
    return appraisal.findings().stream().map(ImaAppraisal.Finding::verdict).toList();
  }

  private static byte[] sign(String path) {
    return SIGNER.sign(TpmAlg.SHA256, SoftwareIma.ascii(path));
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void listedFiles_affirmExecutables(ImaFormat format) {
    ImaAppraisal appraisal = appraise(ImaPosition.START, SoftwareIma.booted(), format, policy());

    assertThat(appraisal.findings()).isEmpty();
    assertThat(appraisal.tally().count(ImaVerdict.BOOT_AGGREGATE)).isEqualTo(1);
    assertThat(appraisal.tally().count(ImaVerdict.DIGEST_LISTED)).isEqualTo(1);
    assertThat(appraisal.tally().count(ImaVerdict.FILE_LISTED)).isEqualTo(1);
    assertThat(appraisal.rules())
        .extracting(Appraisal.Rule::reason, Appraisal.Rule::value, Appraisal.Rule::actual)
        .containsExactly(
            tuple("ima_list_replayed", 2, "3 entries, 3 of them new; 0 after the quote not judged"),
            tuple("ima_boot_aggregate", 2, "equal"),
            tuple("ima_entries", 2, "3 of 3 allowed"));
    assertThat(appraisal.position().entries()).isEqualTo(3);
  }

  @Test
  void emptyPolicy_allowsTheBootAggregateAlone() {
    ImaAppraisal appraisal = appraise(SoftwareIma.booted(), ImaPolicy.builder());

    assertThat(verdicts(appraisal)).containsExactly(ImaVerdict.UNLISTED, ImaVerdict.UNLISTED);
    assertThat(appraisal.findings().get(0))
        .isEqualTo(
            new ImaAppraisal.Finding(
                1,
                ImaVerdict.UNLISTED,
                "/usr/bin/init",
                SoftwareIma.content("/usr/bin/init").toString(),
                "a listed digest, signer or path",
                96));
    assertThat(appraisal.rules())
        .filteredOn(rule -> rule.tier() == TrustTier.CONTRAINDICATED)
        .extracting(rule -> rule.reason() + " " + rule.subject())
        .containsExactly(
            "ima_entries ", "ima_entry_unlisted entry 1", "ima_entry_unlisted entry 2");
  }

  @Test
  void changedFileAtListedPath_isNamedWithWhatIsListed() {
    SoftwareIma ima =
        SoftwareIma.booted()
            .add("ima-ng", SoftwareIma.digestOf("other"), SoftwareIma.path("/usr/bin/sh"));

    ImaAppraisal appraisal = appraise(ima, policy());

    assertThat(verdicts(appraisal)).containsExactly(ImaVerdict.DIGEST_CHANGED);
    assertThat(appraisal.findings().get(0).expected())
        .isEqualTo(SoftwareIma.content("/usr/bin/sh").toString());
  }

  @Test
  void digestListedForAPath_isNotAllowedElsewhere() {
    SoftwareIma ima =
        SoftwareIma.booted()
            .add("ima-ng", SoftwareIma.digestOf("/usr/bin/sh"), SoftwareIma.path("/tmp/sh"));

    assertThat(verdicts(appraise(ima, policy()))).containsExactly(ImaVerdict.UNLISTED);
  }

  @Test
  void digestListed_isAllowedWithEveryTemplate() {
    SoftwareIma.Field path = SoftwareIma.path("/usr/bin/init");
    byte[] digest = SoftwareIma.content("/usr/bin/init").value().bytes();
    SoftwareIma ima =
        SoftwareIma.booted()
            .add("ima-ngv2", SoftwareIma.digest("ima:sha256", digest), path)
            .add(
                "ima-sigv2",
                SoftwareIma.digest("ima:sha256", digest),
                path,
                SoftwareIma.hex(new byte[0]))
            .add(
                "ima-sig",
                SoftwareIma.digest("sha256", digest),
                path,
                SoftwareIma.hex(new byte[9]));

    assertThat(appraise(ima, policy()).findings()).isEmpty();
  }

  @Test
  void digestOfAnotherAlgorithmOrKind_isNotTheListedOne() {
    SoftwareIma.Field path = SoftwareIma.path("/usr/bin/init");
    byte[] digest = SoftwareIma.content("/usr/bin/init").value().bytes();
    SoftwareIma ima =
        SoftwareIma.booted()
            .add("ima-ngv2", SoftwareIma.digest("verity:sha256", digest), path)
            .add("ima-ng", SoftwareIma.digest("sha3-256", digest), path)
            .add("ima-ng", SoftwareIma.digest("sm3", digest), path)
            .add("ima-ng", SoftwareIma.digest("sha1", new byte[20]), path)
            .add("ima", SoftwareIma.hex(new byte[20]), path);

    assertThat(verdicts(appraise(ima, policy())))
        .containsExactly(
            ImaVerdict.UNLISTED,
            ImaVerdict.UNLISTED,
            ImaVerdict.DIGEST_WEAK,
            ImaVerdict.DIGEST_WEAK,
            ImaVerdict.DIGEST_WEAK);
  }

  /** What is said of unlisted entries must not reach a file that is listed. */
  @Test
  void weakDigestAtListedPath_isAChangedFile() {
    SoftwareIma ima =
        SoftwareIma.booted()
            .add(
                "ima-ng", SoftwareIma.digest("sha1", new byte[20]), SoftwareIma.path("/usr/bin/sh"))
            .add("ima-ng", SoftwareIma.digest("sha1", new byte[20]), SoftwareIma.path("/tmp/x"));

    assertThat(verdicts(appraise(ima, policy())))
        .containsExactly(ImaVerdict.DIGEST_CHANGED, ImaVerdict.DIGEST_WEAK);
  }

  @ParameterizedTest
  @CsvSource({"CONTRAINDICATED, 96", "WARNING, 33", "NONE, 0"})
  void unlistedEntry_saysWhatThePolicyDoes(TrustTier tier, int value) {
    ImaAppraisal appraisal = appraise(SoftwareIma.booted().file("/tmp/x"), policy().unlisted(tier));

    assertThat(appraisal.rules().get(2).value()).isEqualTo(value);
    assertThat(appraisal.findings()).hasSize(value == 0 ? 0 : 1);
    assertThat(appraisal.tally().count(ImaVerdict.UNLISTED)).isEqualTo(1);
  }

  @Test
  void moreEntriesThanAreNamed_areCounted() {
    SoftwareIma ima = SoftwareIma.booted();
    for (int i = 0; i < 40; i++) {
      ima.file("/tmp/" + i);
    }

    ImaAppraisal appraisal = appraise(ima, policy());

    assertThat(appraisal.findings()).hasSize(16);
    assertThat(appraisal.rules().get(2).actual())
        .isEqualTo("3 of 43 allowed, 40 ima_entry_unlisted");
  }

  @Test
  void laterSegment_keepsWhatWasFoundBefore() {
    SoftwareIma ima = SoftwareIma.booted().file("/tmp/x");
    ImaPosition stored = appraise(ima, policy()).position();
    ima.file("/usr/bin/init");

    ImaAppraisal later = appraise(stored, ima, ImaFormat.BINARY, policy());

    assertThat(later.findings()).isEmpty();
    assertThat(later.rules().get(2).value()).isEqualTo(96);
    assertThat(later.rules().get(2).actual()).isEqualTo("4 of 5 allowed, 1 ima_entry_unlisted");
    assertThat(later.rules().get(1).actual()).isEqualTo("equal");
  }

  @ParameterizedTest
  @CsvSource({
    "/run/, /run/x/y, true",
    "/run/, /run, false",
    "/run/, /running, false",
    "/run/user/*/, /run/user/0/x, true",
    "/run/user/*/, /run/user/0, false",
    "/var/*.log, /var/a.log, true",
    "/var/*.log, /var/a.log.log, true",
    "/var/*.log, /var/b/a.log, false",
    "/var/*.log, /var/a.log2, false",
    "/var/a*b*c, /var/axxbyyc, true",
    "/var/a*b*c, /var/ac, false",
    "/usr/bin/x, /usr/bin/x, true",
    "/usr/bin/x, /usr/bin/xy, false",
    "/with space, /with_space, true"
  })
  void excludedPath_isAllowed(String pattern, String path, boolean excluded) {
    ImaAppraisal appraisal = appraise(SoftwareIma.booted().file(path), policy().exclude(pattern));

    assertThat(appraisal.tally().count(ImaVerdict.EXCLUDED)).isEqualTo(excluded ? 1 : 0);
    assertThat(verdicts(appraisal)).hasSize(excluded ? 0 : 1);
  }

  @Test
  void policyThatBelievesTooMuch_isNotBuilt() {
    ImaPolicy.Builder builder = ImaPolicy.builder();
    TpmDigest sha1 = Statement.value(TpmAlg.SHA1, 0);
    List<ThrowingCallable> attempts =
        List.of(
            () -> builder.allow(sha1),
            () -> builder.allow("/x", sha1),
            () -> builder.allow("", SoftwareIma.content("x")),
            () -> builder.allow("\0x", SoftwareIma.content("x")),
            () -> builder.exclude("/"),
            () -> builder.exclude("tmp"),
            () -> builder.key(".ima", sha1.value()),
            () -> builder.unlisted(TrustTier.AFFIRMING),
            () -> builder.violations(TrustTier.AFFIRMING));

    assertThat(attempts)
        .allSatisfy(
            attempt -> assertThatThrownBy(attempt).isInstanceOf(IllegalArgumentException.class));
  }

  @Test
  void case71_violation_isAFindingThatNoPathExcludes() {
    SoftwareIma ima = SoftwareIma.booted().violation("/var/log/messages");

    ImaAppraisal strict = appraise(ima, policy().exclude("/var/log/"));
    ImaAppraisal warned = appraise(ima, policy().violations(TrustTier.WARNING));

    assertThat(verdicts(strict)).containsExactly(ImaVerdict.VIOLATION);
    assertThat(strict.findings().get(0).path()).isEqualTo("/var/log/messages");
    assertThat(strict.findings().get(0).value()).isEqualTo(96);
    assertThat(warned.findings().get(0).value()).isEqualTo(33);
  }

  @Test
  void case73_pathWithControlCharacters_isShownEscaped() {
    SoftwareIma ima =
        SoftwareIma.booted()
            .file("/tmp/x\n10 0000 ima-ng sha256:00 /usr/bin/sh\u001b[31m\\é")
            .file("/" + "a".repeat(4095));

    ImaAppraisal appraisal = appraise(ima, policy());

    assertThat(appraisal.findings().get(0).path())
        .isEqualTo("/tmp/x\\x0a10 0000 ima-ng sha256:00 /usr/bin/sh\\x1b[31m\\x5c\\xc3\\xa9");
    assertThat(appraisal.findings().get(1).path()).hasSize(515).endsWith("aaa...");
  }

  @Test
  void signedFile_isAllowed_andOneThatIsNotSignedRightIsNot() {
    byte[] ofOther = sign("/usr/bin/other");
    byte[] ofStranger =
        SoftwareImaSigner.ecdsa(TpmCurve.P256).sign(TpmAlg.SHA256, SoftwareIma.ascii("/opt/c"));
    SoftwareIma ima =
        SoftwareIma.booted()
            .file("/opt/a", sign("/opt/a"))
            .file("/opt/b", ofOther)
            .file("/opt/c", ofStranger)
            .file("/opt/d", new byte[] {3, 2, 4})
            .file("/opt/e", new byte[0]);

    ImaAppraisal appraisal = appraise(ima, policy().signer(SIGNER.key()));

    assertThat(appraisal.tally().count(ImaVerdict.SIGNED)).isEqualTo(1);
    assertThat(verdicts(appraisal))
        .containsExactly(
            ImaVerdict.SIGNATURE_INVALID,
            ImaVerdict.UNLISTED,
            ImaVerdict.UNLISTED,
            ImaVerdict.UNLISTED);
  }

  @ParameterizedTest
  @CsvSource({"1023, 1", "1024, 0"})
  void signaturesAfterTooManyThatFail_areNotComputed(int failing, int signed) {
    byte[] ofOther = sign("/usr/bin/other");
    SoftwareIma ima = SoftwareIma.booted();
    for (int i = 0; i < failing; i++) {
      ima.file("/opt/" + i, ofOther);
    }
    ima.file("/opt/a", sign("/opt/a"));

    ImaAppraisal appraisal = appraise(ima, policy().signer(SIGNER.key()));

    assertThat(appraisal.tally().count(ImaVerdict.SIGNED)).isEqualTo(signed);
    assertThat(appraisal.tally().count(ImaVerdict.SIGNATURE_INVALID))
        .isEqualTo(failing + 1 - signed);
  }

  @Test
  void signatureThatVerifiedOnce_isRememberedForItsFileAlone() throws Exception {
    ImaPolicy kept = policy().signer(SIGNER.key()).build();
    byte[] signature = sign("/opt/a");
    SoftwareIma signed = SoftwareIma.booted().file("/opt/a", signature);
    SoftwareIma other = SoftwareIma.booted().file("/opt/b", signature);
    for (int i = 0; i < 2; i++) {
      assertThat(appraise(signed, kept).findings()).isEmpty();
      assertThat(kept.signatures().size()).isEqualTo(1);
    }

    assertThat(verdicts(appraise(other, kept))).containsExactly(ImaVerdict.SIGNATURE_INVALID);
    assertThat(kept.signatures().size()).isEqualTo(1);
  }

  private static ImaAppraisal appraise(SoftwareIma ima, ImaPolicy policy)
      throws MalformedEvidenceException {
    ImaOutcome outcome =
        ImaReplay.resume(ImaPosition.START, ima.segment(ImaFormat.BINARY), ima.quoted());
    return ImaAppraiser.appraise((ImaReplayed) outcome, policy);
  }

  @Test
  void signatureOverFsVerityDigest_isAllowedInVersion3Alone() {
    byte[] digest = SoftwareIma.content("tree").value().bytes();
    SoftwareIma.Field verity = SoftwareIma.digest("verity:sha256", digest);
    SoftwareIma ima =
        SoftwareIma.booted()
            .add(
                "ima-sigv2",
                verity,
                SoftwareIma.path("/opt/a"),
                SoftwareIma.hex(SIGNER.signVersion3(ImaSignature.VERITY, TpmAlg.SHA256, digest)))
            .add("ima-sigv2", verity, SoftwareIma.path("/opt/b"), SoftwareIma.hex(sign("tree")));

    ImaAppraisal appraisal = appraise(ima, policy().signer(SIGNER.key()));

    assertThat(appraisal.tally().count(ImaVerdict.SIGNED)).isEqualTo(1);
    assertThat(verdicts(appraisal)).containsExactly(ImaVerdict.SIGNATURE_INVALID);
  }

  @Test
  void case77_keyringKeyThatIsNotListed_isContraindicated() {
    SoftwareIma ima =
        SoftwareIma.booted().buffer(".ima", CERTIFICATE).buffer(".ima", new byte[] {1});

    ImaAppraisal appraisal = appraise(ima, policy().key(".ima", CERTIFICATE_SHA256));

    assertThat(appraisal.tally().count(ImaVerdict.KEY_LISTED)).isEqualTo(1);
    assertThat(verdicts(appraisal)).containsExactly(ImaVerdict.KEY_UNLISTED);
    assertThat(appraisal.findings().get(0).path()).isEqualTo(".ima");
    assertThat(appraisal.findings().get(0).value()).isEqualTo(96);
  }

  @Test
  void case77_keyListedForAnotherKeyring_isContraindicated() {
    SoftwareIma ima =
        SoftwareIma.booted()
            .buffer(".builtin_trusted_keys", CERTIFICATE)
            .buffer("_evm", CERTIFICATE);

    assertThat(verdicts(appraise(ima, policy().key(".ima", CERTIFICATE_SHA256))))
        .containsExactly(ImaVerdict.KEY_UNLISTED, ImaVerdict.KEY_UNLISTED);
  }

  @Test
  void case77_keyRelabelledAsSignedFile_isStillAKey() {
    byte[] added = {1, 2, 3};
    byte[] digest = TpmAlg.SHA256.newDigest().digest(added);
    SoftwareIma ima =
        SoftwareIma.booted()
            .add(
                "ima-sig",
                SoftwareIma.digest("sha256", digest),
                SoftwareIma.path(".ima"),
                SoftwareIma.hex(added));

    assertThat(verdicts(appraise(ima, policy().unlisted(TrustTier.NONE))))
        .containsExactly(ImaVerdict.KEY_UNLISTED);
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void case77_keyringKeyAddedAfterUse_isContraindicated(ImaFormat format) {
    ImaPolicy.Builder policy =
        policy()
            .key(".ima", CERTIFICATE_SHA256)
            .signer(SIGNER.key().measuredInto(".ima", CERTIFICATE_SHA256));
    SoftwareIma before =
        SoftwareIma.booted().buffer(".ima", CERTIFICATE).file("/opt/a", sign("/opt/a"));
    SoftwareIma after =
        SoftwareIma.booted().file("/opt/a", sign("/opt/a")).buffer(".ima", CERTIFICATE);

    assertThat(appraise(ImaPosition.START, before, format, policy).findings()).isEmpty();
    assertThat(verdicts(appraise(ImaPosition.START, after, format, policy)))
        .containsExactly(ImaVerdict.KEY_AFTER_USE);
  }

  @Test
  void case77_keyMeasuredInAnEarlierSegment_isRemembered() throws Exception {
    ImaPolicy.Builder policy =
        policy()
            .key(".ima", CERTIFICATE_SHA256)
            .signer(SIGNER.key().measuredInto(".ima", CERTIFICATE_SHA256));
    SoftwareIma ima = SoftwareIma.booted().buffer(".ima", CERTIFICATE);
    ImaPosition stored =
        ImaPosition.parse(
            appraise(ImaPosition.START, ima, ImaFormat.BINARY, policy).position().encode());
    ima.file("/opt/a", sign("/opt/a"));

    ImaAppraisal later = appraise(stored, ima, ImaFormat.BINARY, policy);

    assertThat(later.findings()).isEmpty();
    assertThat(later.tally().count(ImaVerdict.SIGNED)).isEqualTo(1);
  }

  @Test
  void case77_sameKeyThatNeedsNoMeasurement_isTaken() {
    ImaPolicy.Builder policy =
        policy().signer(SIGNER.key().measuredInto(".ima", CERTIFICATE_SHA256)).signer(SIGNER.key());
    SoftwareIma ima = SoftwareIma.booted().file("/opt/a", sign("/opt/a"));

    assertThat(appraise(ima, policy).findings()).isEmpty();
  }

  @Test
  void case77_keyThatNoSignerNeeds_isNotKept() {
    SoftwareIma ima = SoftwareIma.booted().buffer(".ima", CERTIFICATE);

    ImaAppraisal appraisal = appraise(ima, policy().key(".ima", CERTIFICATE_SHA256));

    assertThat(appraisal.position().measuredKeys()).isEmpty();
  }

  @Test
  void bufferThatIsNoKey_isAllowedByItsNameAndDigest() {
    byte[] commandLine = "root=/dev/sda1".getBytes(StandardCharsets.US_ASCII);
    TpmDigest digest = TpmDigest.of(TpmAlg.SHA256, TpmAlg.SHA256.newDigest().digest(commandLine));
    SoftwareIma ima = SoftwareIma.booted().buffer("kexec-cmdline", commandLine);

    assertThat(verdicts(appraise(ima, policy()))).containsExactly(ImaVerdict.UNLISTED);
    assertThat(appraise(ima, policy().allow("kexec-cmdline", digest)).findings()).isEmpty();
  }

  @Test
  void bootAggregateOfSha1_isAWarningWhereABetterOneCouldBeCompared() {
    SoftwareIma comparable = new SoftwareIma().boot(TpmAlg.SHA1, 8);
    SoftwareIma alone =
        new SoftwareIma(TpmAlg.SHA1, PcrSelection.of(TpmAlg.SHA256, 10)).boot(TpmAlg.SHA1, 8);

    assertThat(appraise(comparable, policy()).rules().get(1))
        .matches(rule -> rule.reason().equals("ima_boot_aggregate") && rule.value() == 33);
    assertThat(appraise(alone, policy()).rules().get(1).value()).isZero();
  }

  @Test
  void bootAggregateOfAKexec_isAllowedWhereItEqualsTheQuotedPcrs() {
    SoftwareIma same = SoftwareIma.booted().boot();
    SoftwareIma other = SoftwareIma.booted().boot(TpmAlg.SHA256, 5);

    assertThat(appraise(same, policy()).findings()).isEmpty();
    assertThat(verdicts(appraise(other, policy()))).containsExactly(ImaVerdict.UNLISTED);
  }

  @Test
  void unknownTemplate_isContraindicatedWhateverIsSaidOfUnlistedEntries() {
    SoftwareIma ima =
        SoftwareIma.booted().add("evm-\u0007sig", SoftwareIma.digestOf("/usr/bin/init"));

    ImaAppraisal appraisal = appraise(ima, policy().unlisted(TrustTier.NONE));

    assertThat(verdicts(appraisal)).containsExactly(ImaVerdict.TEMPLATE_UNKNOWN);
    assertThat(appraisal.findings().get(0).value()).isEqualTo(96);
    assertThat(appraisal.findings().get(0).path()).isEqualTo("(template evm-\\x07sig)");
  }

  @Test
  void entriesBehindTheQuote_areNotJudged() throws Exception {
    SoftwareIma ima = SoftwareIma.booted();
    PcrValues quoted = ima.quoted();
    ImaSegment longer = ima.file("/tmp/evil").segment(ImaFormat.BINARY);

    ImaReplayed replayed = (ImaReplayed) ImaReplay.resume(ImaPosition.START, longer, quoted);
    ImaAppraisal appraisal = ImaAppraiser.appraise(replayed, policy().build());

    assertThat(appraisal.findings()).isEmpty();
    assertThat(appraisal.tally().judged()).isEqualTo(3);
    assertThat(appraisal.position().entries()).isEqualTo(3);
    assertThat(appraisal.rules().get(0).actual()).contains("1 after the quote not judged");
  }
}
