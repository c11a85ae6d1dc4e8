// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.agent.KeyClient.KeyStep;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationWithdrawal;
import dev.writ.artifact.OperatorSignature;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator asks of keys and operations over the Unix socket. */
class OperatorKeysTest {
  private static final Hash KID = Hash.sha256(new byte[] {1});
  private static final String NAME = JsonService.base64Url(KID.bytes());
  private static final Operation OPERATION =
      new Operation(
          "https://writ.example",
          1,
          Hash.sha256(new byte[] {2}),
          Instant.ofEpochSecond(1_800_000_000),
          Instant.ofEpochSecond(1_800_003_600),
          Optional.of(KID),
          new Operation.DestroyKey(Hash.sha256(new byte[] {3})));
  private static final String DOCUMENT = JsonService.base64Url(OPERATION.document());
  private static final String SUMMARY =
      "\"digest\":\""
          + OPERATION.digest().hex()
          + "\",\"kind\":\"key.destroy\",\"expires\":1800003600,\"state\":\"open\",\"threshold\":2,"
          + "\"proposer\":\""
          + NAME
          + "\",\"approvals\":[\""
          + NAME
          + "\"],\"leaf_index\":9";

  @TempDir Path folder;

  @Test
  void keys_areReadWithWhatTheTokenAndTheLedgerSay() throws Exception {
    try (RawServer server =
        answering(
            200,
            "{\"keys\":[{\"role\":\"issuer\",\"kid\":\""
                + NAME
                + "\",\"algorithm\":\"ES256\",\"label\":\"writ-issuer\",\"id\":\"01\",\"generation\":2,"
                + "\"replicated\":false,\"in_token\":true,\"storage\":\"token\",\"state\":\"retiring\",\"not_before\":1,\"not_after\":2,"
                + "\"leaf_index\":3},{\"role\":\"tls\",\"in_token\":false}]}")) {
      assertThat(client().keys().list())
          .isEqualTo(
              new Answer.Granted<>(
                  List.of(
                      new ListedKey(
                          "issuer",
                          Optional.of(KID),
                          Optional.of(ListedKey.Storage.TOKEN),
                          Optional.of(
                              new ListedKey.InToken(
                                  "ES256", "writ-issuer", "01", 2, Optional.of(false))),
                          Optional.of(
                              new ListedKey.Known(
                                  KeyState.RETIRING,
                                  Instant.ofEpochSecond(1),
                                  Instant.ofEpochSecond(2),
                                  3))),
                      new ListedKey(
                          "tls",
                          Optional.empty(),
                          Optional.empty(),
                          Optional.empty(),
                          Optional.empty()))));
      assertThat(server.requests().get(0)).startsWith("GET /v1/keys HTTP/1.1\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"keys\":[{}]}",
        "{\"keys\":[{\"role\":\"issuer\",\"in_token\":true}]}",
        "{\"keys\":[{\"role\":\"issuer\",\"in_token\":false,\"state\":\"lost\"}]}",
        "{\"keys\":[{\"role\":\"issuer\",\"in_token\":false,\"kid\":\"AAEC\"}]}",
        "{\"keys\":[{\"role\":\"issuer\",\"in_token\":false,\"more\":1}]}",
        "{\"keys\":[{\"role\":\"issuer\",\"in_token\":false,\"storage\":\"file\"}]}",
      })
  void keys_ofAnotherForm_areUnreadable(String body) throws Exception {
    try (RawServer server = answering(200, body)) {
      assertThat(server.requests()).isEmpty();
      assertThatThrownBy(() -> client().keys().list())
          .isInstanceOf(MalformedResponseException.class);
    }
  }

  @Test
  void operations_areReadWithWhoApproved() throws Exception {
    try (RawServer server = answering(200, "{\"operations\":[{" + SUMMARY + "}]}")) {
      ListedOperation listed =
          new ListedOperation(
              OPERATION.digest(),
              OperationKind.DESTROY_KEY,
              OPERATION.expires(),
              "open",
              2,
              Optional.of(KID),
              List.of(KID),
              9);
      assertThat(client().operations().list()).isEqualTo(new Answer.Granted<>(List.of(listed)));
      assertThat(server.requests().get(0)).startsWith("GET /v1/operations HTTP/1.1\r\n");
    }
  }

  @Test
  void operation_isReadWithItsDocument() throws Exception {
    try (RawServer server =
        answering(200, "{" + SUMMARY + ",\"operation\":\"" + DOCUMENT + "\"}")) {
      Answer<OperationClient.Shown> answer = client().operations().show(OPERATION.digest());

      assertThat(((Answer.Granted<OperationClient.Shown>) answer).value().documents())
          .isEqualTo(new OperationDocuments(OPERATION, Optional.empty()));
      assertThat(server.requests().get(0))
          .startsWith("GET /v1/operations/" + OPERATION.digest().hex() + " HTTP/1.1\r\n");
    }
  }

  @Test
  void operation_whoseDocumentIsNone_isUnreadable() throws Exception {
    try (RawServer server = answering(200, "{" + SUMMARY + ",\"operation\":\"e30\"}")) {
      assertThat(server.requests()).isEmpty();
      assertThatThrownBy(() -> client().operations().show(OPERATION.digest()))
          .isInstanceOf(MalformedResponseException.class);
    }
  }

  @Test
  void propose_sendsTheWishAndReadsTheDraft() throws Exception {
    try (RawServer server =
        answering(
            201,
            "{\"state\":\"draft\",\"digest\":\""
                + OPERATION.digest().hex()
                + "\",\"operation\":\""
                + DOCUMENT
                + "\"}")) {
      Answer<OperationClient.Proposed> answer =
          client()
              .operations()
              .propose(
                  new ProposedChange.RotateKey(KeyRole.ISSUER, Duration.ofMinutes(10)),
                  Duration.ofHours(1),
                  Optional.of(KID));

      OperationClient.Proposed proposed =
          ((Answer.Granted<OperationClient.Proposed>) answer).value();
      assertThat(proposed.draft()).isTrue();
      assertThat(proposed.leafIndex()).isEmpty();
      assertThat(proposed.documents().operation()).isEqualTo(OPERATION);
      assertThat(server.requests().get(0))
          .startsWith("POST /v1/proposals HTTP/1.1\r\n")
          .endsWith(
              "{\"kind\":\"key.rotate\",\"lead_s\":600,\"proposer\":\""
                  + NAME
                  + "\",\"role\":\"issuer\",\"valid_s\":3600}");
    }
  }

  @Test
  void approve_ofADraft_readsThatItIsOpen() throws Exception {
    try (RawServer server =
        answering(
            201,
            "{\"state\":\"open\",\"digest\":\""
                + OPERATION.digest().hex()
                + "\",\"leaf_index\":4,\"operation\":\""
                + DOCUMENT
                + "\"}")) {
      OperationApproval approval =
          new OperationApproval(
              OPERATION.digest(), new OperatorSignature(KID, new byte[64]), Optional.empty());

      assertThat(client().operations().approve(approval))
          .isEqualTo(
              new Answer.Granted<>(
                  new OperationClient.Approved(
                      OPERATION.digest(), "open", 0, Optional.empty(), 4)));
      assertThat(server.requests().get(0))
          .endsWith("{\"approval\":\"" + JsonService.base64Url(approval.toJson()) + "\"}");
    }
  }

  @Test
  void withdraw_sendsTheWithdrawalAndReadsOfWhichOperationItWas() throws Exception {
    try (RawServer server =
        answering(
            201,
            "{\"state\":\"withdrawn\",\"digest\":\""
                + OPERATION.digest().hex()
                + "\",\"leaf_index\":11}")) {
      OperationWithdrawal withdrawal =
          new OperationWithdrawal(OPERATION.digest(), new OperatorSignature(KID, new byte[64]));

      assertThat(client().operations().withdraw(withdrawal))
          .isEqualTo(new Answer.Granted<>(new OperationClient.Withdrawn(OPERATION.digest(), 11)));
      assertThat(server.requests().get(0))
          .startsWith("POST /v1/withdrawals HTTP/1.1\r\n")
          .endsWith("{\"withdrawal\":\"" + JsonService.base64Url(withdrawal.toJson()) + "\"}");
    }
  }

  /** As many wait for operators as may: nothing says when there is room. */
  @Test
  void proposal_thatIsOneTooMany_isDenied() throws Exception {
    try (RawServer server =
        RawServer.onUnixSocket(
            socket(), new RawServer.Answers(problem(429, "operations_too_many")))) {
      Answer<OperationClient.Proposed> answer =
          client()
              .operations()
              .propose(new ProposedChange.AcceptClock(), Duration.ofHours(1), Optional.empty());

      assertThat(answer)
          .isEqualTo(
              new Answer.Denied<OperationClient.Proposed>(
                  DenialCode.UNVERIFIABLE, "operations_too_many"));
      assertThat(server.requests().get(0)).endsWith("{\"kind\":\"clock.accept\",\"valid_s\":3600}");
    }
  }

  @Test
  void step_sendsItAndReadsOfWhichKeyItWas() throws Exception {
    try (RawServer server = answering(200, "{\"kid\":\"" + NAME + "\",\"step\":\"retire\"}")) {
      assertThat(client().keys().step(KID, KeyStep.RETIRE)).isEqualTo(new Answer.Granted<>(KID));
      assertThat(server.requests().get(0))
          .endsWith("{\"kid\":\"" + NAME + "\",\"step\":\"retire\"}");
    }
  }

  @Test
  void trustFiles_thatAreNotThere_areNone_andARefusalIsNoAnswer() throws Exception {
    try (RawServer server =
        RawServer.onUnixSocket(
            socket(),
            new RawServer.Answers(
                RawServer.json(200, "application/json", "{}"),
                problem(404, "not_found"),
                problem(503, "ledger_away")))) {
      assertThat(client().trustFiles().version(2))
          .hasValueSatisfying(b -> assertThat(b).hasSize(2));
      assertThat(client().trustFiles().version(3)).isEmpty();
      assertThatThrownBy(() -> client().trustFiles().version(4))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("ledger_away");
      assertThat(server.requests().get(0)).startsWith("GET /v1/trust/2 HTTP/1.1\r\n");
    }
  }

  @Test
  void contradiction_ofAnotherOperationThanWasAskedFor_saysWhich() {
    assertThat(
            new ProposedChange.DestroyKey(Hash.sha256(new byte[] {3}))
                .contradiction(OPERATION, Optional.empty()))
        .isEmpty();
    assertThat(new ProposedChange.DestroyKey(KID).contradiction(OPERATION, Optional.empty()))
        .hasValueSatisfying(why -> assertThat(why).startsWith("kid must be "));
    assertThat(
            new ProposedChange.CompromiseKey(KID, new ProposedChange.Since.Ever())
                .contradiction(OPERATION, Optional.empty()))
        .contains("kind must be key.compromise, was key.destroy");
    assertThat(new ProposedChange.AcceptClock().contradiction(OPERATION, Optional.empty()))
        .contains("kind must be clock.accept, was key.destroy");
  }

  private static String problem(int status, String reason) {
    return RawServer.json(
        status,
        "application/problem+json",
        "{\"code\":\"unverifiable\",\"reason\":\"" + reason + "\"}");
  }

  private RawServer answering(int status, String body) throws IOException {
    return RawServer.onUnixSocket(
        socket(), new RawServer.Answers(RawServer.json(status, "application/json", body)));
  }

  private OperatorClient client() {
    return new OperatorClient(socket(), Timeouts.STANDARD);
  }

  private Path socket() {
    return folder.resolve("operator.sock");
  }
}
