// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The example that the package's documentation works through is true as it stands there. */
class PackageExampleTest {
  private static String policyText = "";
  private static String proofText = "";

  @BeforeAll
  static void read() throws IOException {
    policyText = block("policy");
    proofText = block("proof");
  }

  @Test
  void example_verifiesAsItSays() throws Exception {
    LogPolicy policy = LogPolicy.parse(policyText);
    TlogProof proof = TlogProof.parse(proofText);
    byte[] entry = "two".getBytes(StandardCharsets.UTF_8);
    boolean proven =
        policy.verifyCheckpoint(proof.note()) instanceof TrustedCheckpoint trusted
            && proof.inclusion().verify(MerkleTree.leafHash(entry), trusted.checkpoint().root())
                instanceof ProofOutcome.Proven;
    assertThat(proven).isTrue();
    assertThat(proof.format()).isEqualTo(proofText);
  }

  @Test
  void example_pathAndRootAreThoseOfItsEntries() throws Exception {
    List<Hash> leaves =
        List.of("zero", "one", "two", "three", "four").stream()
            .map(entry -> MerkleTree.leafHash(entry.getBytes(StandardCharsets.UTF_8)))
            .toList();
    TlogProof proof = TlogProof.parse(proofText);
    assertThat(proof.checkpoint())
        .isEqualTo(new Checkpoint("ledger.example.org/writ", 5, MerkleTree.root(leaves)));
    assertThat(proof.index()).isEqualTo(2);
    assertThat(proof.inclusion().path())
        .containsExactly(
            leaves.get(3), MerkleTree.nodeHash(leaves.get(0), leaves.get(1)), leaves.get(4));
  }

  @Test
  void example_trustComesFromTheHsmKeyAndTheWitness() throws Exception {
    CheckpointOutcome outcome =
        LogPolicy.parse(policyText).verifyCheckpoint(TlogProof.parse(proofText).note());
    assertThat(outcome)
        .isInstanceOfSatisfying(
            TrustedCheckpoint.class,
            trusted -> {
              assertThat(trusted.logKeys())
                  .extracting(NoteKey::type)
                  .containsExactly(NoteKeyType.ECDSA_P256);
              assertThat(trusted.cosignatures())
                  .extracting(TrustedCheckpoint.Cosignature::time)
                  .containsExactly(Instant.ofEpochSecond(1_795_000_000));
            });
  }

  @Test
  void example_witnessThatHasThreeEntries_findsTheRequestConsistent() throws Exception {
    AddCheckpoint request = AddCheckpoint.parse(utf8(block("request")));
    assertThat(request.oldSize()).isEqualTo(3);
    assertThat(request.bytes()).isEqualTo(utf8(block("request")));
    List<Hash> three = leaves().subList(0, 3);
    WitnessRule rule = new WitnessRule(List.of(LogPolicy.parse(policyText).logs().get(0).key()));
    assertThat(rule.judge(request, Optional.of(new WitnessRule.Seen(3, MerkleTree.root(three)))))
        .isInstanceOf(WitnessRule.Verdict.Consistent.class);
    assertThat(rule.judge(request, Optional.of(new WitnessRule.Seen(5, MerkleTree.root(leaves())))))
        .isEqualTo(new WitnessRule.Verdict.Denied(new AddCheckpointAnswer.Conflict(5)));
  }

  @Test
  void example_witnessesAnswer_isTheCosignatureOfTheProof() throws Exception {
    byte[] body = utf8(block("answer"));
    AddCheckpointAnswer answer =
        AddCheckpointAnswer.parse(200, AddCheckpointAnswer.TEXT_MEDIA_TYPE, body);
    assertThat(answer.body()).isEqualTo(body);
    SignedNote asked = AddCheckpoint.parse(utf8(block("request"))).note();
    SignedNote cosigned = asked.with(((AddCheckpointAnswer.Cosigned) answer).cosignatures());
    assertThat(cosigned).isEqualTo(TlogProof.parse(proofText).note());
  }

  private static List<Hash> leaves() {
    return List.of("zero", "one", "two", "three", "four").stream()
        .map(entry -> MerkleTree.leafHash(utf8(entry)))
        .toList();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The lines of {@code <pre id="…">} in the package's documentation. */
  private static String block(String id) throws IOException {
    Path source = Path.of("src/main/java/dev/writ/tlog/package-info.java");
    List<String> lines = Files.readAllLines(source);
    int start = lines.indexOf(" * <pre id=\"" + id + "\">") + 1;
    assertThat(start).isPositive();
    return lines.subList(start, lines.size()).stream()
        .takeWhile(line -> !line.equals(" * </pre>"))
        .map(line -> line.replaceFirst("^ \\* ?", "") + "\n")
        .collect(Collectors.joining());
  }
}
