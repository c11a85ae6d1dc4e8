// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.agent.OperatorClient.Readiness;
import dev.writ.agent.OperatorClient.Revoked;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Octets;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator asks over the Unix socket, and the invitation that comes of it. */
class OperatorClientTest {
  private static final String SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
  private static final String INVITATION =
      "{\"expires\":1800000000,\"host\":\"host-a\",\"secret\":\"" + SECRET + "\",\"v\":1}";

  @TempDir Path folder;

  @Test
  void invite_asksForTheHostAndGivesTheInvitation() throws Exception {
    try (RawServer server = answering(201, INVITATION)) {
      Answer<Invitation> answer = client().invite("host-a", Duration.ofHours(1));

      assertThat(server.requests().get(0))
          .startsWith("POST /v1/invitations HTTP/1.1\r\n")
          .endsWith("\r\n\r\n{\"host\":\"host-a\",\"valid_s\":3600}");
      Invitation invitation = ((Answer.Granted<Invitation>) answer).value();
      assertThat(invitation.host()).isEqualTo("host-a");
      assertThat(invitation.expires()).isEqualTo(Instant.ofEpochSecond(1_800_000_000L));
      assertThat(invitation.secret().hex()).startsWith("000102").endsWith("1e1f");
      assertThat(invitation.toJson()).asString().isEqualTo(INVITATION);
    }
  }

  @Test
  void revoke_asksForTheArtifactAndSaysWhereItStands() throws Exception {
    UuidV7 jti = UuidV7.next(InstantSource.system(), new SecureRandom());
    try (RawServer server =
        answering(201, "{\"jti\":\"" + jti + "\",\"leaf_index\":7,\"time\":1800000000123}")) {
      assertThat(client().revoke(jti, "superseded"))
          .isEqualTo(
              new Answer.Granted<>(new Revoked(jti, 7, Instant.ofEpochMilli(1_800_000_000_123L))));
      assertThat(server.requests().get(0))
          .startsWith("POST /v1/revocations HTTP/1.1\r\n")
          .endsWith("\r\n\r\n{\"jti\":\"" + jti + "\",\"reason\":\"superseded\"}");
    }
  }

  @Test
  void readiness_givesEachFinding() throws Exception {
    try (RawServer server =
        answering(
            200,
            "{\"ready\":false,\"findings\":[{\"part\":\"hsm\",\"ok\":false,\"message\":\"gone\"},"
                + "{\"part\":\"ledger\",\"ok\":true,\"message\":\"\"}]}")) {
      assertThat(client().readiness())
          .isEqualTo(
              new Answer.Granted<>(
                  new Readiness(
                      false,
                      List.of(
                          new Readiness.Finding("hsm", false, "gone"),
                          new Readiness.Finding("ledger", true, "")))));
      assertThat(server.requests().get(0)).startsWith("GET /v1/readiness HTTP/1.1\r\n");
    }
  }

  @Test
  void readiness_findingsOfAnotherForm_areUnreadable() throws Exception {
    for (String findings :
        List.of("{}", "[1]", "[{\"part\":\"hsm\",\"ok\":\"yes\",\"message\":\"\"}]")) {
      try (RawServer server = answering(200, "{\"ready\":true,\"findings\":" + findings + "}")) {
        assertThat(server.requests()).isEmpty();
        assertThatThrownBy(() -> client().readiness())
            .isInstanceOf(MalformedResponseException.class);
      }
      Files.delete(socket());
    }
  }

  @Test
  void problem_isADenial() throws Exception {
    try (RawServer server =
        RawServer.onUnixSocket(
            socket(),
            new RawServer.Answers(
                RawServer.json(
                    403,
                    "application/problem+json",
                    "{\"code\":\"environment_untrusted\",\"reason\":\"host_name_taken\"}")))) {
      assertThat(client().invite("host-a", Duration.ofHours(1)))
          .isEqualTo(new Answer.Denied<>(DenialCode.ENVIRONMENT_UNTRUSTED, "host_name_taken"));
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void socket_thatNobodyServes_isAnIoException() {
    assertThatThrownBy(() -> client().readiness()).isInstanceOf(IOException.class);
  }

  @Test
  void invitation_inAFile_isItsOwnersAloneAndReplacesNothing() throws Exception {
    Invitation invitation = parse(INVITATION);
    Path file = folder.resolve("invitation.json");

    invitation.write(file);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Invitation.read(file)).isEqualTo(invitation);
    assertThatThrownBy(() -> invitation.write(file)).isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void invitation_toString_showsNoSecret() throws Exception {
    Octets secret = parse(INVITATION).secret();

    assertThat(parse(INVITATION).toString()).contains("host-a").doesNotContain(secret.hex());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "{\"expires\":1,\"host\":\"a\",\"secret\":\"AAEC\",\"v\":1}",
        "{\"expires\":-1,\"host\":\"a\",\"secret\":\"" + SECRET + "\",\"v\":1}",
        "{\"expires\":1,\"host\":\"a\",\"secret\":\"" + SECRET + "\",\"v\":2}",
        "{\"expires\":1,\"host\":\"a\",\"secret\":\"" + SECRET + "\",\"v\":1,\"more\":1}",
        "{\"expires\":1,\"host\":1,\"secret\":\"" + SECRET + "\",\"v\":1}",
      })
  void invitation_ofAnotherForm_isRefused(String json) {
    assertThatThrownBy(() -> parse(json)).isInstanceOf(MalformedJsonException.class);
  }

  private static Invitation parse(String json) throws MalformedJsonException {
    return Invitation.parse(json.getBytes(StandardCharsets.UTF_8));
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
