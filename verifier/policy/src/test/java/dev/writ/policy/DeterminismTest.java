// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;

/** The same inputs under the same document give the same bytes, whatever runs them. */
class DeterminismTest {
  private static final int DECISIONS = 100;

  /** Prints the digest of each of many decisions; what the other platforms run. */
  static final class Printer {
    private Printer() {}

    /** Prints one line for each decision. */
    public static void main(String[] args) throws Exception {
      digests().forEach(System.out::println);
    }
  }

  private static List<String> digests() throws Exception {
    List<Policy> policies = List.of(everything(), Policy.compile(devPolicy()));
    Random random = new Random(4);
    List<String> digests = new ArrayList<>();
    for (int i = 0; i < DECISIONS; i++) {
      Inputs inputs = randomInputs(random);
      for (Policy policy : policies) {
        digests.add(inputs.digest() + " " + policy.decide(inputs).digest());
      }
    }
    return digests;
  }

  private static PolicyDocument devPolicy() throws Exception {
    return PolicyDocument.parse(Samples.devPolicy());
  }

  /** Rules that use each part of the profile, errors among them. */
  private static Policy everything() throws Exception {
    return new Samples.Draft()
        .with("constants", "{\"few\": {\"a\": [1, 2], \"b\": []}, \"names\": [\"x\", \"é\"]}")
        .require("maps", "request.limits.all(k, request.limits[k] < 9 || k in constants.names)")
        .require("first", "request.limits.map(k, k)[0] < 'm'")
        .require("findings", "trust.findings.exists_one(f, trust.findings[f] == Tier.NONE)")
        .require(
            "time",
            "now.getHours() < 20 && now - duration('36h') > timestamp(0 == 0"
                + " ? '2026-11-01T00:00:00Z' : request.resource)")
        .require("division", "10 / request.max_uses > request.depth")
        .require("text", "request.resource.matches('^[a-z/]*é?$') && request.resource.size() < 9")
        .require("lists", "env.pcrs['sha256'].exists(i, i in constants.few['a'])")
        .require("channel", "env.channel == Channel.BOUND || env.clock_safe")
        .require("parent", "request.parent == 'p' || has(subject.ek_digest)")
        .require("order", "request.resource < subject.host && trust.tier <= Tier.WARNING")
        .require(
            "exec",
            "!has(request.exec) || request.exec.env.all(n, n < 'PYTHON' || n in constants.names)"
                + " && request.exec.argv.exists(a, request.exec.files[a] == 'cd')")
        .permit("all", "true")
        .policy();
  }

  private static Optional<Exec> randomExec(Random random) {
    if (random.nextBoolean()) {
      return Optional.empty();
    }
    List<String> names = List.of("LANG", "LD_PRELOAD", "PATH", "PYTHONPATH", "x", "é");
    Map<String, String> env = new HashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      env.put(names.get(random.nextInt(names.size())), Samples.HASH);
    }
    List<String> argv = List.of("python3", "/srv/" + random.nextInt(3), "z".repeat(1_500));
    return Optional.of(
        new Exec(
            "/usr/bin/python3",
            Samples.HASH,
            random.nextBoolean() ? Optional.empty() : Optional.of(argv),
            "/srv",
            env,
            Map.of("/srv/1", "cd", "/srv/2", "ef")));
  }

  private static Inputs randomInputs(Random random) {
    String[] texts = {"", "a", "exec", "/usr/bin", "é", "𝕏", "\u0000\"\\\n", "z".repeat(1_500)};
    Map<String, Long> limits = new HashMap<>();
    Map<String, Trust.Tier> findings = new HashMap<>();
    List<Trust.Tier> tiers = List.of(Trust.Tier.values());
    List<Optional<Env.Channel>> channels =
        List.of(Optional.empty(), Optional.of(Env.Channel.BOUND), Optional.of(Env.Channel.UNBOUND));
    for (int i = random.nextInt(6); i > 0; i--) {
      limits.put(texts[random.nextInt(texts.length)], (long) random.nextInt(12));
      findings.put("f" + random.nextInt(20), tiers.get(random.nextInt(tiers.size())));
    }
    return new Inputs(
        new Subject(
            random.nextBoolean() ? "host-a" : texts[random.nextInt(texts.length)],
            "000b",
            random.nextBoolean() ? Optional.empty() : Optional.of(Samples.HASH),
            "spiffe://dev.example/worker-a"),
        new Request(
            random.nextBoolean() ? "exec" : "read",
            texts[random.nextInt(texts.length)],
            Samples.HASH,
            List.of(texts[random.nextInt(texts.length)]),
            "dev",
            random.nextInt(4),
            limits,
            random.nextInt(6),
            random.nextBoolean() ? Optional.empty() : Optional.of("p"),
            randomExec(random)),
        Samples.GOVERNANCE,
        new Trust(
            tiers.get(random.nextInt(tiers.size())),
            random.nextInt(8) > 0,
            Optional.of("measured-boot"),
            Trust.Endorsement.TRUSTED,
            findings),
        new Env(
            random.nextBoolean() ? Env.KeyStorage.TPM : Env.KeyStorage.MEMORY,
            4,
            random.nextInt(),
            true,
            Map.of("sha256", List.of((long) random.nextInt(6)), "sha384", List.of(1L)),
            Samples.HASH,
            channels.get(random.nextInt(channels.size()))),
        Samples.NOW.plusMillis(random.nextInt(200_000_000)));
  }

  @Test
  void decision_repeated_isTheSameBytes() throws Exception {
    assertThat(digests()).isEqualTo(digests());
  }

  @Test
  void decision_onManyThreads_isTheSameBytes() throws Exception {
    Policy policy = everything();
    Random random = new Random(7);
    List<Inputs> inputs = Stream.generate(() -> randomInputs(random)).limit(200).toList();
    List<PolicyDigest> alone = inputs.stream().map(i -> policy.decide(i).digest()).toList();
    List<PolicyDigest> together =
        inputs.parallelStream().map(i -> policy.decide(i).digest()).toList();
    assertThat(together).isEqualTo(alone);
  }

  @Test
  void decision_isCanonicalJson() throws Exception {
    Random random = new Random(5);
    Policy policy = everything();
    for (int i = 0; i < 100; i++) {
      Inputs inputs = randomInputs(random);
      byte[] decision = policy.decide(inputs).toJson();
      assertThat(new JsonCanonicalizer(decision).getEncodedUTF8()).isEqualTo(decision);
      assertThat(new JsonCanonicalizer(inputs.toJson()).getEncodedUTF8())
          .isEqualTo(inputs.toJson());
    }
  }

  @Test
  void inputs_writtenAndReadAgain_areDecidedAlike() throws Exception {
    Random random = new Random(6);
    Policy policy = everything();
    for (int i = 0; i < 100; i++) {
      Inputs inputs = randomInputs(random);
      Inputs read = Inputs.parse(inputs.toJson());
      assertThat(read).isEqualTo(inputs);
      assertThat(policy.decide(read).toJson()).isEqualTo(policy.decide(inputs).toJson());
    }
  }

  @Test
  void decision_onOtherPlatforms_isTheSameBytes() throws Exception {
    List<Path> platforms = platforms();
    assumeTrue(!platforms.isEmpty(), "no other JDK beside this one, and WRIT_OTHER_JDK not set");
    List<String> expected = digests();
    assertThat(expected).hasSize(2 * DECISIONS);
    for (Path platform : platforms) {
      assertThat(run(platform, "-Duser.timezone=Asia/Kathmandu", "-Duser.language=tr"))
          .as("decisions on %s", platform)
          .isEqualTo(expected);
    }
  }

  /** This platform, in a process of its own, and each other one that is installed beside it. */
  private static List<Path> platforms() throws IOException {
    String named = System.getenv("WRIT_OTHER_JDK");
    if (named != null) {
      return List.of(Path.of(named));
    }
    Path here = Path.of(System.getProperty("java.home")).toRealPath();
    try (Stream<Path> siblings = Files.list(here.getParent())) {
      return siblings
          .filter(home -> !Files.isSymbolicLink(home))
          .filter(home -> Files.isExecutable(home.resolve("bin/java")))
          .filter(home -> Files.isRegularFile(home.resolve("release")))
          .toList();
    }
  }

  private static List<String> run(Path platform, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(platform.resolve("bin/java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Printer.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return output.lines().toList();
    } finally {
      process.destroyForcibly();
    }
  }
}
