// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.AddCheckpoint;
import dev.writ.tlog.AddCheckpointAnswer;
import dev.writ.tlog.AddCheckpointAnswer.Conflict;
import dev.writ.tlog.AddCheckpointAnswer.Cosigned;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteOutcome;
import dev.writ.tlog.NoteVerifier;
import dev.writ.tlog.SignedNote;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** c2sp.org/tlog-witness over HTTP, on a real store. */
class WitnessDoorsTest {
  private static final String ORIGIN = "log.example";
  private static final Hash A = MerkleTree.leafHash("a".getBytes(UTF_8));
  private static final Hash B = MerkleTree.leafHash("b".getBytes(UTF_8));

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-21T06:00:00Z"));
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private Optional<RunningWitness> running = Optional.empty();
  private KeyPairNoteSigner log;

  WitnessDoorsTest() throws Exception {
    log = KeyPairNoteSigner.of(ORIGIN, KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
  }

  @BeforeEach
  void start() throws Exception {
    RunningWitness witness = new RunningWitness("w", folder, clock);
    running = Optional.of(witness);
    witness.start(log.key());
  }

  @AfterEach
  void stop() {
    witness().close();
  }

  @Test
  void addCheckpoint_newTree_isCosignedAndCanBeRead() throws Exception {
    SignedNote note = note(2, MerkleTree.nodeHash(A, B));
    HttpResponse<byte[]> response = post(AddCheckpoint.of(0, List.of(), note).bytes());
    assertThat(response.statusCode()).isEqualTo(200);
    Cosigned cosigned = (Cosigned) parse(response);
    SignedNote full = note.with(cosigned.cosignatures());
    assertThat(full.open(List.of(NoteVerifier.of(witness().cosigner.key()))))
        .isInstanceOf(NoteOutcome.Opened.class);
    HttpResponse<byte[]> read =
        get("/" + Hash.sha256(ORIGIN.getBytes(UTF_8)).hex() + "/checkpoint");
    assertThat(read.statusCode()).isEqualTo(200);
    assertThat(read.body()).isEqualTo(full.bytes());
  }

  @Test
  void addCheckpoint_otherOldSize_is409WithTheSizeAndItsMediaType() throws Exception {
    assertThat(post(AddCheckpoint.of(0, List.of(), note(1, A)).bytes()).statusCode())
        .isEqualTo(200);
    HttpResponse<byte[]> response =
        post(AddCheckpoint.of(0, List.of(), note(2, MerkleTree.nodeHash(A, B))).bytes());
    assertThat(response.headers().firstValue("content-type")).hasValue("text/x.tlog.size");
    assertThat(new String(response.body(), UTF_8)).isEqualTo("1\n");
    assertThat(parse(response)).isEqualTo(new Conflict(1));
  }

  @Test
  void addCheckpoint_restartBetween_keepsTheTree() throws Exception {
    assertThat(post(AddCheckpoint.of(0, List.of(), note(1, A)).bytes()).statusCode())
        .isEqualTo(200);
    witness().stop();
    witness().startAgain();
    assertThat(parse(post(AddCheckpoint.of(0, List.of(), note(1, B)).bytes())))
        .isEqualTo(new Conflict(1));
    assertThat(post(AddCheckpoint.of(1, List.of(), note(1, B)).bytes()).statusCode())
        .isEqualTo(422);
  }

  @Test
  void addCheckpoint_whatIsNotToBeCosigned_isAnsweredByItsRule() throws Exception {
    KeyPairNoteSigner stranger =
        KeyPairNoteSigner.of(ORIGIN, KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
    SignedNote foreign = SignedNote.sign(new Checkpoint(ORIGIN, 1, A).noteText(), stranger);
    assertThat(post(AddCheckpoint.of(0, List.of(), foreign).bytes()).statusCode()).isEqualTo(403);
    SignedNote unknown = SignedNote.sign(new Checkpoint("other", 1, A).noteText(), stranger);
    assertThat(post(AddCheckpoint.of(0, List.of(), unknown).bytes()).statusCode()).isEqualTo(404);
    assertThat(post("old 01\n\n".getBytes(UTF_8)).statusCode()).isEqualTo(400);
    assertThat(post(new byte[0]).statusCode()).isEqualTo(400);
    assertThat(post(AddCheckpoint.of(0, List.of(A), note(1, A)).bytes()).statusCode())
        .isEqualTo(422);
    assertThat(post(AddCheckpoint.of(2, List.of(), note(1, A)).bytes()).statusCode())
        .isEqualTo(400);
  }

  @Test
  void addCheckpoint_longBody_is413_andOtherPathsAre404() throws Exception {
    assertThat(post(new byte[AddCheckpoint.MAX_BYTES + 1]).statusCode()).isEqualTo(413);
    assertThat(get("/").statusCode()).isEqualTo(404);
    assertThat(get("/" + "a".repeat(63) + "/checkpoint").statusCode()).isEqualTo(404);
    assertThat(get("/" + A.hex() + "/checkpoint").statusCode()).isEqualTo(404);
    assertThat(get("/" + A.hex().toUpperCase(Locale.ROOT) + "/checkpoint").statusCode())
        .isEqualTo(404);
    assertThat(get("/add-checkpoint").statusCode()).isEqualTo(405);
  }

  @Test
  void addCheckpoint_clockBehind_is503AndNothingIsCosigned() throws Exception {
    assertThat(post(AddCheckpoint.of(0, List.of(), note(1, A)).bytes()).statusCode())
        .isEqualTo(200);
    clock.advance(Duration.ofSeconds(-10));
    assertThat(post(AddCheckpoint.of(1, List.of(), note(1, A)).bytes()).statusCode())
        .isEqualTo(503);
  }

  @Test
  void addCheckpoint_tooOften_is429() throws Exception {
    witness().stop();
    witness()
        .start(WitnessDoors.limits(10, 10, Optional.of(new DoorsConfig.Rate(1, 2))), log.key());
    byte[] request = AddCheckpoint.of(0, List.of(), note(1, A)).bytes();
    assertThat(post(request).statusCode()).isEqualTo(200);
    assertThat(post(request).statusCode()).isEqualTo(409);
    assertThat(post(request).statusCode()).isEqualTo(429);
  }

  private RunningWitness witness() {
    return running.orElseThrow();
  }

  private SignedNote note(long size, Hash root) throws Exception {
    return SignedNote.sign(new Checkpoint(ORIGIN, size, root).noteText(), log);
  }

  private static AddCheckpointAnswer parse(HttpResponse<byte[]> response) throws Exception {
    return AddCheckpointAnswer.parse(
        response.statusCode(),
        response.headers().firstValue("content-type").orElse(""),
        response.body());
  }

  private HttpResponse<byte[]> post(byte[] body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(url("/add-checkpoint"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(url(path)).build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private URI url(String path) {
    return witness().url().resolve(path);
  }
}
