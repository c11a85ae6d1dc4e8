// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.StrictJson;
import dev.writ.fixtures.EndorsementAuthority;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A {@code writ serve} process as its operators see it: its door, and the key that was born with it. */
final class OperatedService {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MAX_JSON = 64 * 1024;

  private final DemoService service;

  OperatedService(DemoService service) {
    this.service = service;
  }

  /** One without hosts, in {@code folder}. */
  static DemoService startIn(Path folder) throws Exception {
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    DemoService.Born born = DemoService.birth(folder.resolve("service"));
    return DemoService.start(born, DemoService.configure(born, maker, Map.of(), folder));
  }

  Path operatorKey() {
    return service.trustFile().resolveSibling(KeyBirth.OPERATOR_KEY);
  }

  /** {@code writ keys …} at its socket. */
  Invocation keys(Object... arguments) {
    return at("keys", List.of(), arguments);
  }

  /** The same with what an operator needs to sign. */
  Invocation keysSigned(Object operatorKey, Object... arguments) {
    return at("keys", signing(operatorKey), arguments);
  }

  /** {@code writ approve} by an operator's key. */
  Invocation approve(String operation, Path operatorKey) {
    return at("approve", signing(operatorKey), operation);
  }

  /** {@code writ approve} otherwise. */
  Invocation approveBy(String operation, Object... arguments) {
    List<Object> more = new ArrayList<>(believing());
    more.addAll(List.of(arguments));
    return at("approve", more, operation);
  }

  private List<Object> signing(Object operatorKey) {
    List<Object> options = new ArrayList<>(believing());
    options.addAll(List.of("--operator-key", operatorKey, "--yes"));
    return options;
  }

  private List<Object> believing() {
    return List.of("--trust", service.trustFile(), "--service", service.url());
  }

  private Invocation at(String command, List<Object> options, Object... arguments) {
    List<Object> all = new ArrayList<>(List.of(command));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--socket", service.socket(), "-o", "json"));
    all.addAll(options);
    // One thumbprint in 64 begins as an option does.
    List<Object> likeOptions =
        all.stream().filter(each -> each.toString().matches("-[A-Za-z0-9_-]{42}")).toList();
    if (!likeOptions.isEmpty()) {
      all.removeAll(likeOptions);
      all.add("--");
      all.addAll(likeOptions);
    }
    return Invocation.of(all.toArray());
  }

  /** A member of the JSON object that a command printed. */
  static String fact(Invocation invocation, String member) throws Exception {
    assertThat(invocation.status()).as(invocation.err()).isEqualTo(ExitStatus.DONE);
    return StrictJson.parse(invocation.out().strip().getBytes(StandardCharsets.UTF_8), MAX_JSON)
        .text(member);
  }

  /** The thumbprints of a role's keys that are in a state. */
  List<String> kids(String role, String state) throws Exception {
    Invocation list = keys("list");
    assertThat(list.status()).as(list.err()).isEqualTo(ExitStatus.DONE);
    List<String> kids = new ArrayList<>();
    for (JsonMembers key :
        StrictJson.parse(list.out().strip().getBytes(StandardCharsets.UTF_8), MAX_JSON)
            .objects("keys", 64)) {
      if (key.text("role").equals(role) && key.optionalText("state").orElse("").equals(state)) {
        kids.add(key.text("kid"));
      }
    }
    return kids;
  }

  /** The one key of a role that signs. */
  String active(String role) throws Exception {
    return kids(role, "active").get(0);
  }

  /** Waits until a role's key is in a state. */
  void await(String role, String kid, String state) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!kids(role, state).contains(kid)) {
      assertThat(System.nanoTime() - end).as(kid + " must become " + state).isNegative();
      Thread.sleep(200);
    }
  }

  /** Rotates a role's key, by the service's own proposal and its one operator's approval. */
  String rotate(String role) throws Exception {
    String before = active(role);
    String operation = fact(keys("rotate", role, "--valid", "10s", "--lead", "0"), "operation");
    assertThat(fact(approve(operation, operatorKey()), "state")).isEqualTo("executed");
    List<String> announced = kids(role, "pre_published");
    assertThat(announced).hasSize(1).doesNotContain(before);
    assertThat(active(role)).isEqualTo(before);
    await(role, announced.get(0), "active");
    assertThat(kids(role, "retiring")).contains(before);
    return announced.get(0);
  }

  /** A new operator's key in a file. */
  static Path newOperatorKey(Path folder, String name) throws Exception {
    Path key = PemCredential.create(Files.createDirectory(folder.resolve(name))).key();
    return Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
  }
}
