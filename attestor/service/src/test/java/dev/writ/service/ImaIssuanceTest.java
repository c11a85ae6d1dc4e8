// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.ImaFormat;
import dev.writ.evidence.ImaPosition;
import dev.writ.evidence.ImaSegment;
import dev.writ.evidence.TpmAlg;
import dev.writ.fixtures.SoftwareImaList;
import dev.writ.ledger.MeasuredList;
import dev.writ.policy.ImaReference;
import dev.writ.policy.ImaReference.Effect;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.ReferenceSet.Bank;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decisions that look at what a host's kernel measured, each entry once. */
final class ImaIssuanceTest {
  private static final Hash KNOWN = Hash.sha256("a known program".getBytes(UTF_8));
  private static final Hash UNKNOWN = Hash.sha256("another".getBytes(UTF_8));

  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost host;
  private final SoftwareImaList list = new SoftwareImaList();
  private int entries;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void make() {
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private static ReferenceSet programs(String name, Effect unlisted) {
    ImaReference ima =
        new ImaReference(
            Map.of(Bank.SHA256, Set.of(KNOWN.hex())),
            Map.of(),
            Set.of(),
            Set.of("/run/"),
            Map.of(),
            unlisted,
            Effect.REFUSE);
    return new ReferenceSet(
        name, "", Set.of(ReferenceSet.ANY_HOST), Map.of(), Optional.empty(), Optional.of(ima));
  }

  /** Its kernel has measured the boot's aggregate, and nothing else. */
  private void enrolled(Effect unlisted) throws Exception {
    deployment.policy(policy -> policy.referenceSets(List.of(programs("programs", unlisted))));
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    byte[][] pcrs = IntStream.range(0, 10).mapToObj(host::pcr).toArray(byte[][]::new);
    measure(SoftwareImaList.BOOT_AGGREGATE, Hash.of(SoftwareImaList.aggregate(pcrs)));
  }

  private void measure(String path, Hash file) {
    host.extend(SoftwareImaList.PCR, list.measure(path, file.bytes()));
    entries++;
  }

  /** Asks with the entries from here on, of which {@code skipped} bytes stand before. */
  private IssuanceOutcome attestFrom(long start, int skipped) {
    byte[] rest = Arrays.copyOfRange(list.bytes(), skipped, list.bytes().length);
    host.showList(ImaSegment.of(start, ImaFormat.BINARY, TpmAlg.SHA1, rest).encode());
    return deployment.attest(host);
  }

  private void issued(IssuanceOutcome outcome) {
    assertThat(outcome).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  private Optional<MeasuredList> kept() throws Exception {
    return deployment.service().ledger().measuredList(host.akName());
  }

  private String lastPayload() throws Exception {
    return new String(
        deployment.service().ledger().payload(deployment.leaves() - 1).orElseThrow(), UTF_8);
  }

  @Test
  void list_ofKnownFiles_isGrantedAndRemembered() throws Exception {
    enrolled(Effect.REFUSE);
    measure("/usr/bin/known", KNOWN);
    measure("/run/made-up", UNKNOWN);

    issued(attestFrom(0, 0));

    assertThat(lastPayload())
        .contains("\"ima_list_replayed\":\"affirming\"")
        .contains("\"ima_boot_aggregate\":\"affirming\"")
        .contains("\"ima_entries\":\"affirming\"")
        .contains("\"pcrs_match\":true");
    ImaPosition position = ImaPosition.parse(kept().orElseThrow().position());
    assertThat(position.entries()).isEqualTo(3);
  }

  @Test
  void hostThatMeasuredNothingNew_sendsNothingAgain() throws Exception {
    enrolled(Effect.REFUSE);
    measure("/usr/bin/known", KNOWN);
    issued(attestFrom(0, 0));
    long leaf = kept().orElseThrow().leafIndex();

    issued(attestFrom(entries, list.bytes().length));
    assertThat(kept().orElseThrow().leafIndex()).isEqualTo(leaf);

    deployment.restart();
    issued(attestFrom(entries, list.bytes().length));
  }

  @Test
  void hostThatMeasuredMore_sendsThatAlone() throws Exception {
    enrolled(Effect.REFUSE);
    issued(attestFrom(0, 0));
    int before = list.bytes().length;
    measure("/usr/bin/known", KNOWN);

    issued(attestFrom(1, before));
    assertThat(ImaPosition.parse(kept().orElseThrow().position()).entries()).isEqualTo(2);
  }

  @Test
  void fileThatNothingAllows_isDeniedUntilTheHostBootsAgain() throws Exception {
    enrolled(Effect.REFUSE);
    issued(attestFrom(0, 0));
    int before = list.bytes().length;
    measure("/usr/bin/unknown", UNKNOWN);

    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, attestFrom(1, before));
    assertThat(lastPayload())
        .contains("\"ima_entry_unlisted:entry 1\":\"contraindicated\"")
        .contains("\"pcrs_match\":false");

    measure("/usr/bin/known", KNOWN);
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, attestFrom(1, before));
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, attestFrom(0, 0));
  }

  @Test
  void fileThatNothingAllows_isExplainedByItsPathAndProposed() throws Exception {
    enrolled(Effect.REFUSE);
    measure("/usr/bin/unknown", UNKNOWN);
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, attestFrom(0, 0));

    Explanations.Outcome outcome =
        deployment.service().explanations().explain(new LeafName.Index(deployment.leaves() - 1));
    byte[] told = ((Explanations.Outcome.Explained) outcome).explanation().toJson();
    ExplanationTest.requireDescribed("Explanation", told);
    JsonMembers json = StrictJson.parse(told, 1 << 20);
    JsonMembers file = json.objects("files", 1).get(0);
    assertThat(file.text("path")).isEqualTo("/usr/bin/unknown");
    assertThat(file.text("digest")).isEqualTo("sha256:" + UNKNOWN.hex());
    assertThat(file.text("reason")).isEqualTo("ima_entry_unlisted");
    assertThat(file.text("remedy")).contains("list the digest under files");
    ReferenceSet proposed =
        ReferenceSet.parse(json.object("proposal").text("reference_set").getBytes(UTF_8));
    assertThat(proposed.ima().orElseThrow().files())
        .containsEntry("/usr/bin/unknown", Map.of(Bank.SHA256, Set.of(UNKNOWN.hex())));

    deployment.policy(policy -> policy.referenceSets(List.of(proposed)));
    deployment.restart();
    issued(attestFrom(0, 0));
  }

  @Test
  void fileThatNothingAllows_whereItIsAWarning_isCountedOn() throws Exception {
    enrolled(Effect.WARN);
    measure("/usr/bin/unknown", UNKNOWN);
    issued(attestFrom(0, 0));
    assertThat(lastPayload()).contains("\"ima_entry_unlisted:entry 1\":\"warning\"");

    issued(attestFrom(entries, list.bytes().length));
    assertThat(lastPayload()).contains("\"ima_entries\":\"warning\"");
  }

  @Test
  void listThatIsMissing_isDenied() throws Exception {
    enrolled(Effect.REFUSE);
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));
    assertThat(lastPayload()).contains("\"ima_list_given\":\"contraindicated\"");
  }

  @Test
  void partThatBeginsElsewhere_isAskedForAnew() throws Exception {
    enrolled(Effect.REFUSE);
    UuidV7 first = Deployment.claims(attestFrom(0, 0)).jti();
    measure("/usr/bin/known", KNOWN);

    Denial denial =
        Deployment.denial(DenialCode.RUNTIME_INTEGRITY, attestFrom(entries, list.bytes().length));
    assertThat(denial.reason()).isEqualTo("ima_position_mismatch");
    issued(attestFrom(0, 0));
    assertThat(deployment.service().ledger().artifact(first).orElseThrow().revoked())
        .as("nothing is wrong with the host, though its PCR 10 is another")
        .isFalse();
  }

  /** What a file may be is another's word then. */
  @Test
  void position_underAnotherPolicy_countsNothing() throws Exception {
    enrolled(Effect.WARN);
    measure("/usr/bin/unknown", UNKNOWN);
    issued(attestFrom(0, 0));

    deployment.policy(policy -> policy.referenceSets(List.of(programs("stricter", Effect.REFUSE))));
    deployment.restart();

    assertThat(
            Deployment.denial(
                    DenialCode.RUNTIME_INTEGRITY, attestFrom(entries, list.bytes().length))
                .reason())
        .isEqualTo("ima_position_mismatch");
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, attestFrom(0, 0));
  }

  @Test
  void case76_listLongerThanTheQuote_isTakenUpToIt() throws Exception {
    enrolled(Effect.REFUSE);
    int quoted = list.bytes().length;
    byte[] unused = list.measure("/usr/bin/unknown", UNKNOWN.bytes());

    issued(attestFrom(0, 0));
    assertThat(ImaPosition.parse(kept().orElseThrow().position()).entries()).isEqualTo(1);
    assertThat(quoted).isLessThan(list.bytes().length);
  }

  @Test
  void case70_listThatPcr10DoesNotBearOut_isDenied() throws Exception {
    enrolled(Effect.REFUSE);
    host.extend(SoftwareImaList.PCR, UNKNOWN.bytes());

    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, attestFrom(0, 0));
    assertThat(lastPayload())
        .contains("\"ima_list_replayed:ima_not_replayed\":\"contraindicated\"");
  }

  @Test
  void case72_listCutShort_isEvidenceThatDoesNotHold() throws Exception {
    enrolled(Effect.REFUSE);
    byte[] cut = Arrays.copyOf(list.bytes(), list.bytes().length - 1);
    host.showList(ImaSegment.of(0, ImaFormat.BINARY, TpmAlg.SHA1, cut).encode());

    assertThat(Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.attest(host)).reason())
        .isEqualTo("evidence_malformed");
  }

  @Test
  void policyThatNamesAKeyThatIsNone_stopsTheStart() {
    ImaReference ima =
        new ImaReference(
            Map.of(),
            Map.of(),
            Set.of("A".repeat(40)),
            Set.of(),
            Map.of(),
            Effect.REFUSE,
            Effect.REFUSE);
    deployment.policy(
        policy ->
            policy.referenceSets(
                List.of(
                    new ReferenceSet(
                        "signed",
                        "",
                        Set.of(ReferenceSet.ANY_HOST),
                        Map.of(),
                        Optional.empty(),
                        Optional.of(ima)))));
    assertThatThrownBy(() -> deployment.start())
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("reference set signed");
  }
}
