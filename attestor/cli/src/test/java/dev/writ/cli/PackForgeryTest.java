// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.TrustFile;
import dev.writ.ledger.KeptBootLog;
import dev.writ.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Packs of somebody who has Writ: what he changed is found though all that is made of it was made anew. */
abstract class PackForgeryTest extends PackCommandTest {
  PackForgeryTest(RunningService running) {
    super(running);
  }

  /** The checks that fail of what somebody makes who changes a pack and makes all of the rest anew. */
  private List<String> failing(Map<String, byte[]> members) throws Exception {
    Path file = folder.resolve("remade.zip");
    RemadePack.write(members, TrustFile.parse(trustBytes()), file);
    Invocation verified = verify(file);
    List<String> failed = new ArrayList<>();
    Matcher matcher = Pattern.compile("(?m)^FAILS +([a-z]+)").matcher(verified.out());
    while (matcher.find()) {
      failed.add(matcher.group(1));
    }
    assertThat(verified.status())
        .as(verified.out() + verified.err())
        .isEqualTo(
            failed.isEmpty() && !verified.out().contains("\nmissing ")
                ? ExitStatus.DONE
                : ExitStatus.DENIED);
    return failed;
  }

  private byte[] trustBytes() throws Exception {
    return Files.readAllBytes(tested.service().trustFile());
  }

  private static PackQuestion question(Map<String, byte[]> members) throws Exception {
    return PackQuestion.parse(of(members, PackNames.QUESTION));
  }

  private static long last(Map<String, byte[]> members, Class<? extends LeafBody> kind)
      throws Exception {
    return Long.parseLong(leafOf(members, kind).replaceAll("\\D", ""));
  }

  @Test
  void pack_thatIsMadeAnew_isTheSame() throws Exception {
    assertThat(failing(members(range))).isEmpty();
    assertThat(Files.mismatch(range, folder.resolve("remade.zip"))).isEqualTo(-1);
  }

  /** Of the two names one would be verified, and the other read. */
  @Test
  void secondText_besideALeaf_isFound() throws Exception {
    Map<String, byte[]> members = members(range);
    byte[] forged = "{}".getBytes(StandardCharsets.UTF_8);
    members.put(PackNames.policy(last(members, LeafBody.DecisionAllow.class)), forged);
    assertThat(failing(members)).containsExactly("derived");
    members = members(range);
    members.put(PackNames.payload(last(members, LeafBody.PolicyInForce.class)), forged);
    assertThat(failing(members)).containsExactly("derived");
  }

  @Test
  void bootLog_thatNoEvidenceNames_isFound() throws Exception {
    Map<String, byte[]> members = members(range);
    PackQuestion was = question(members);
    long leaf = last(members, LeafBody.PolicyInForce.class);
    List<PackQuestion.BootLogRow> rows = new ArrayList<>(was.bootLogs());
    rows.add(
        new PackQuestion.BootLogRow(
            leaf, was.hosts().get(0).akName(), KeptBootLog.Decision.DENIED, 7));
    members.put(
        PackNames.QUESTION,
        new PackQuestion(was.start(), was.end(), true, was.tenant(), was.hosts(), was.keys(), rows)
            .toJson());
    members.put(PackNames.bootLog(leaf), "anybody's".getBytes(StandardCharsets.UTF_8));
    assertThat(failing(members)).containsExactly("payloads");
  }

  /** Readers of PEM pass over text before and between what they read. */
  @Test
  void textBesideCertificates_isFound() throws Exception {
    Map<String, byte[]> members = members(one);
    byte[] roots = of(members, PackNames.MAKER_ROOTS);
    members.put(
        PackNames.MAKER_ROOTS,
        ("Approved.\n" + new String(roots, StandardCharsets.US_ASCII))
            .getBytes(StandardCharsets.US_ASCII));
    assertThat(fails(relisted(members), "contents").out()).contains("PEM as writ pack writes it");
  }

  @Test
  void checkpoint_thatTheLogDidNotSign_isFound() throws Exception {
    Map<String, byte[]> members = members(one);
    String note = new String(of(members, PackNames.CHECKPOINT), StandardCharsets.UTF_8);
    int at = note.indexOf('\n', note.indexOf('\n') + 1) + 1; // its root
    char other = note.charAt(at) == 'A' ? 'B' : 'A';
    members.put(
        PackNames.CHECKPOINT,
        (note.substring(0, at) + other + note.substring(at + 1)).getBytes(StandardCharsets.UTF_8));
    assertThat(failing(members)).containsExactly("checkpoint");
  }

  @Test
  void tenant_thatIsAnother_isFoundByTheReplayAlone() throws Exception {
    Map<String, byte[]> members = members(range);
    PackQuestion was = question(members);
    members.put(
        PackNames.QUESTION,
        new PackQuestion(
                was.start(), was.end(), true, "other", was.hosts(), was.keys(), was.bootLogs())
            .toJson());
    assertThat(failing(members)).containsExactly("replay");
  }

  @Test
  void whatDecisionsRestOn_leftOut_isSaidByTheReplay() throws Exception {
    Map<String, byte[]> members = members(range);
    assertThat(members.remove(PackNames.MAKER_ROOTS)).isNotNull();
    members.remove(PackNames.MAKER_INTERMEDIATES);
    members.remove(PackNames.MAKER_LISTS);
    assertThat(failing(members)).isEmpty();
    assertThat(verify(folder.resolve("remade.zip")).out())
        .containsPattern("(?m)^not shown +replay .*: leaf [0-9]+ endorsement not kept: the roots");
    members = members(one);
    assertThat(members.remove(PackNames.policy(last(members, LeafBody.PolicyInForce.class))))
        .isNotNull();
    assertThat(failing(members)).containsExactly("replay");
  }

  @Test
  void payloadOfAnotherDecision_isFound() throws Exception {
    Map<String, byte[]> members = members(range);
    long denied = last(members, LeafBody.DecisionDeny.class);
    long allowed = last(members, LeafBody.DecisionAllow.class);
    members.put(PackNames.payload(denied), of(members, PackNames.payload(allowed)));
    assertThat(failing(members)).contains("payloads", "replay");
  }

  @Test
  void enrolmentLeftOut_isFound() throws Exception {
    Map<String, byte[]> members = members(one);
    long enrolled = last(members, LeafBody.Enrolment.class);
    members.remove(PackNames.leaf(enrolled));
    members.remove(PackNames.proof(enrolled));
    members.remove(PackNames.payload(enrolled));
    assertThat(failing(members)).contains("lineage", "replay");
  }

  /** Found by the log alone, whatever the leaf names; and no pack of one decision shows that there is none. */
  @Test
  void artifactOfAScopeThatWasRevoked_isRevokedSinceThatLeaf_andNeverShownNotToBe()
      throws Exception {
    ProofBundle bundle =
        allowed(
            Files.writeString(
                folder.resolve("ended.json"), REQUEST.formatted("b", "/usr/bin/true")));
    String ended = Artifact.parse(bundle.artifact()).claims().jti().toString();
    Invocation revoked =
        Invocation.of(
            "revoke",
            "--workload",
            "spiffe://dev.example/worker-b",
            "--reason",
            "ceased",
            "--socket",
            tested.service().socket());
    assertThat(revoked.status()).as(revoked.err()).isEqualTo(ExitStatus.DONE);
    Path whole = folder.resolve("ended.zip");
    Invocation packed = pack(whole, ended);
    assertThat(packed.status()).as(packed.out() + packed.err()).isEqualTo(ExitStatus.DONE);
    Map<String, byte[]> members = members(whole);
    long by = last(members, LeafBody.ScopeRevocation.class);
    long decision = last(members, LeafBody.DecisionAllow.class);
    assertThat(verify(whole).out())
        .containsPattern(
            "(?m)^holds +revocations +of 1 artifacts asked for 1 were revoked: by leaf "
                + by
                + " of .* \\(workload, ceased, by operator\\) that of leaf "
                + decision
                + ";");
    assertThat(new String(of(members, PackNames.REPORT), StandardCharsets.UTF_8))
        .contains("<th scope=\"row\">Revoked</th><td>by leaf " + by + " of ");

    assertThat(members.remove(PackNames.payload(by))).isNotNull();
    assertThat(failing(members)).isEmpty();
    assertThat(verify(folder.resolve("remade.zip")).out())
        .containsPattern(
            "(?m)^not shown +revocations .* of leaf " + decision + " perhaps by leaf ");
    members.remove(PackNames.leaf(by));
    members.remove(PackNames.proof(by));
    assertThat(failing(members)).isEmpty();
    assertThat(verify(folder.resolve("remade.zip")).out())
        .containsPattern("(?m)^not shown +revocations .* 0 were revoked; .*, and not shown of 1$");
    Path span = folder.resolve("span.zip");
    assertThat(pack(span, "--range", decision + "..").status()).isEqualTo(ExitStatus.DONE);
    members = members(span);
    members
        .keySet()
        .removeAll(List.of(PackNames.leaf(by), PackNames.proof(by), PackNames.payload(by)));
    assertThat(failing(members)).contains("range");
  }

  private ProofBundle allowed(Path request, Object... more) throws Exception {
    Invocation allowed = attest(request, more);
    assertThat(allowed.status()).as(allowed.err()).isEqualTo(ExitStatus.DONE);
    return ProofBundle.parse(allowed.out().strip().getBytes(StandardCharsets.UTF_8));
  }

  private static Path delegable(String name, int uses) throws Exception {
    String act = "\"max_uses\":1,";
    String handed =
        "\"delegable\":{\"actions\":[\"exec\"],\"aud\":[\"demo-gateway\"],\"max_uses\":%d,"
            + "\"resources\":[\"/usr/bin\"]},";
    return Files.writeString(
        folder.resolve(name),
        REQUEST.formatted("b", "/usr/bin/true").replace(act, act + handed.formatted(uses)));
  }

  private static long index(ProofBundle bundle) throws Exception {
    return TlogProof.parse(bundle.tlogProof()).index();
  }

  /** What a child was asked for under, and what its sisters drew, stands before it; so does what ends it. */
  @Test
  void range_whoseParentsStandBeforeIt_holds_andSaysWhatEndedThem() throws Exception {
    Path above = delegable("above.json", 9);
    Path between = delegable("between.json", 5);
    Path below =
        Files.writeString(folder.resolve("below.json"), REQUEST.formatted("b", "/usr/bin/true"));
    ProofBundle first = allowed(above);
    Path handed = Files.write(folder.resolve("handed.json"), first.toJson());
    ProofBundle second = allowed(between, "--parent", handed);
    Files.write(handed, second.toJson());
    ProofBundle sister = allowed(below, "--parent", handed);
    ProofBundle last = allowed(below, "--parent", handed);
    Path file = folder.resolve("below.zip");
    Invocation packed = pack(file, "--range", index(last) + ".." + (index(last) + 1));
    assertThat(packed.status()).as(packed.out() + packed.err()).isEqualTo(ExitStatus.DONE);
    assertThat(verify(file).out())
        .contains("replay       1 decisions come out the same from the Evidence on");
    assertThat(members(file))
        .containsKeys(
            PackNames.payload(index(first)),
            PackNames.payload(index(second)),
            PackNames.payload(index(sister)));

    Invocation revoked =
        Invocation.of(
            "revoke",
            Artifact.parse(first.artifact()).claims().jti(),
            "--socket",
            tested.service().socket());
    assertThat(revoked.status()).as(revoked.err()).isEqualTo(ExitStatus.DONE);
    Path ended = folder.resolve("below-ended.zip");
    assertThat(pack(ended, "--range", index(last) + ".." + (index(last) + 1)).status())
        .isEqualTo(ExitStatus.DONE);
    assertThat(verify(ended).out())
        .containsPattern("(?m)^holds +revocations .* 1 were revoked: by leaf ");
    assertThat(new String(of(members(ended), PackNames.REPORT), StandardCharsets.UTF_8))
        .contains(", with the artifact of leaf " + index(first) + "<");
  }

  /** Approved by somebody, and read long after what lay beside its leaf was erased. */
  @Test
  void decisionThatSomebodyApproved_isShownWithHim_alsoOnceItsPayloadIsErased() throws Exception {
    String uses = "\"max_uses\":1";
    assertThat(REQUEST).contains(uses);
    Path request =
        Files.writeString(
            folder.resolve("seven.json"),
            REQUEST.formatted("b", "/usr/bin/true").replace(uses, "\"max_uses\":7"));
    Invocation denied = attest(request);
    Matcher asked = Pattern.compile("writ approve --request ([0-9a-f-]{36})").matcher(denied.err());
    assertThat(asked.find()).as(denied.err()).isTrue();
    Invocation approved =
        Invocation.of(
            "approve",
            "--request",
            asked.group(1),
            "--operator-key",
            tested.service().trustFile().resolveSibling(KeyBirth.OPERATOR_KEY),
            "--yes",
            "--socket",
            tested.service().socket(),
            "--trust",
            tested.service().trustFile());
    assertThat(approved.status()).as(approved.err()).isEqualTo(ExitStatus.DONE);
    Invocation allowed = attest(request);
    assertThat(allowed.status()).as(allowed.err()).isEqualTo(ExitStatus.DONE);
    ProofBundle bundle = ProofBundle.parse(allowed.out().strip().getBytes(StandardCharsets.UTF_8));
    String seven = Artifact.parse(bundle.artifact()).claims().jti().toString();

    Path whole = folder.resolve("approved.zip");
    Invocation packed = pack(whole, seven);
    assertThat(packed.status()).as(packed.out() + packed.err()).isEqualTo(ExitStatus.DONE);
    assertThat(verify(whole).out())
        .contains("approvals    1 signed by whom", "replay       1 decisions come out the same");
    assertThat(new String(of(members(whole), PackNames.REPORT), StandardCharsets.UTF_8))
        .contains("<th scope=\"row\">Approved by</th>");
    Map<String, byte[]> members = members(whole);
    String approval = leafOf(members, RequestApproved.class);
    members.remove(approval);
    members.remove(approval.replace("leaves", "proofs").replace("json", "tlog-proof"));
    assertThat(failing(members)).contains("lineage", "replay");

    Invocation erased =
        Invocation.of("ledger", "erase", seven, "--socket", tested.service().socket());
    assertThat(erased.status()).as(erased.err()).isEqualTo(ExitStatus.DONE);
    Path less = folder.resolve("erased.zip");
    Invocation lacking = pack(less, seven);
    assertThat(lacking.status()).as(lacking.out()).isEqualTo(ExitStatus.DENIED);
    assertThat(lacking.out())
        .containsPattern("(?m)^holds +true")
        .containsPattern("(?m)^whole +false");
    Invocation verified = verify(less);
    assertThat(verified.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verified.out())
        .containsPattern(
            "(?m)^missing +payloads .*1 asked for were erased, or left out, beside leaf [0-9]+$")
        .containsPattern("(?m)^missing +replay .*erased")
        .contains("bundles      0 held")
        .endsWith("the pack holds, as far as each line says, and lacks what is missing by them\n");
    assertThat(new String(of(members(less), PackNames.REPORT), StandardCharsets.UTF_8))
        .contains("so that nothing else can be put in its place");
  }
}
