// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.agent.Answer;
import dev.writ.agent.Attester;
import dev.writ.artifact.KeyRole;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SoftHsmPrivateKeys;
import dev.writ.tlog.Hash;
import dev.writ.tpm.Tpm;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECPoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Where a running {@code writ serve} that has issued could be read: its heap, its other memory, command
 * line, environment, log and folder hold neither the PIN nor the private value of a key. The keys are those
 * of its SoftHSM token, decrypted for the test from the token's files. SoftHSM signs in the process itself
 * and clears a key behind each signature; what it holds during one is not what is looked for here.
 *
 * <p>Not looked at: the file from which the PIN is read, which is the operator's.
 */
class ServeTraceTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private Path folder;
  private DemoHost host;
  private DemoService.Born born;
  private Path config;
  private String pin = "";

  @BeforeEach
  void start() throws Exception {
    // The simulator's Unix sockets lie in it: the path must stay short.
    folder = Files.createTempDirectory("writ-trace-");
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    host = DemoHost.boot("host-b", folder, maker, BootLog.DEMO);
    Map<Hash, String> admitted =
        host.endorsementKeyDigests().stream()
            .collect(Collectors.toMap(digest -> digest, digest -> "host-b"));
    host.disconnect();
    born = DemoService.birth(folder.resolve("service"));
    config = DemoService.configure(born, maker, admitted, folder);
    pin = Files.readString(born.token().pinFile()).strip();
  }

  @AfterEach
  void stop() throws Exception {
    host.close();
    TestFolders.remove(folder);
  }

  @Test
  void serve_withAPinFile_showsNeitherPinNorKeyAnywhere() throws Exception {
    try (DemoService service = DemoService.start(born, config)) {
      issue(service);

      assertNoTrace(service, born.token().pinFile());
    }
  }

  @Test
  void serve_withASealedPin_showsNeitherPinNorKeyAnywhere() throws Exception {
    Invocation seal =
        Invocation.of(
            "keys",
            "seal-pin",
            "--tpm",
            host.tcti(),
            "--approver-key",
            born.folder().resolve("keys").resolve(KeyBirth.OPERATOR_KEY),
            "--pin-file",
            born.token().pinFile(),
            "--out",
            born.folder().resolve("sealed-pin.json"));
    assertThat(seal.status()).as(seal.err()).isEqualTo(ExitStatus.DONE);
    Path apart = Files.move(born.token().pinFile(), folder.resolve("kept-by-the-operator"));
    Files.writeString(
        config,
        Files.readString(config)
            .replace(
                "pin_file: token/writ-demo.pin",
                "sealed_pin: sealed-pin.json\n  tpm: \"" + host.tcti() + "\""));
    try (DemoService service = DemoService.start(born, config)) {
      issue(service);

      assertNoTrace(service, apart);
    }
  }

  /** The same search of a service that was told the PIN where it must not be told it. */
  @Test
  void serve_whoseTenantIsThePin_isFoundOut() throws Exception {
    Files.writeString(
        config, Files.readString(config).replace("tenant: demo", "tenant: \"" + pin + "\""));
    try (DemoService service = DemoService.start(born, config)) {
      SecretSearch search = sought();

      assertThat(search.in(heap(service))).contains("pin in UTF-8");
      assertThat(memory(service, search)).contains("pin in UTF-8");
      assertThat(files(search, Path.of("/none"))).containsKey(config);
      assertThat(search.in(Files.readAllBytes(born.token().pinFile()))).contains("pin in UTF-8");
    }
  }

  private void issue(DemoService service) throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester attester =
            Attester.open(
                tpm,
                Files.createDirectory(folder.resolve("agent")).resolve("instance-key"),
                service.endpoint(),
                new SecureRandom())) {
      assertThat(attester.enrol("host-b")).isInstanceOf(Answer.Granted.class);
      assertThat(attester.attest(Demo.request("b"))).isInstanceOf(Answer.Granted.class);
    }
    assertThat(service.readiness()).isEqualTo(DemoService.READY);
  }

  private void assertNoTrace(DemoService service, Path pinFile) throws Exception {
    SecretSearch search = sought();
    byte[] heap = heap(service);
    SecretSearch there = new SecretSearch();
    there.addText("label", born.token().label());
    assertThat(there.in(heap)).as("what is there is found").contains("label in UTF-8");
    assertThat(search.in(heap)).as("heap").isEmpty();
    for (String file : List.of("cmdline", "environ")) {
      byte[] seen = Files.readAllBytes(Path.of("/proc", Long.toString(service.pid()), file));
      assertThat(seen).isNotEmpty();
      assertThat(search.in(seen)).as(file).isEmpty();
    }
    Map<Path, Set<String>> found = files(search, pinFile);
    assertThat(found).as("files").isEmpty();
    SecretSearch ofModule = new SecretSearch();
    ofModule.addText("tokens", born.token().tokens().toString());
    assertThat(ofModule.in(heap)).as("what the module alone has read").isEmpty();
    assertThat(memory(service, ofModule)).as("the module's memory is looked at").isNotEmpty();
    assertThat(memory(service, search)).as("memory").isEmpty();
  }

  /** The PIN, and the private values of all keys: that they are the service's own is shown. */
  private SecretSearch sought() throws Exception {
    SecretSearch search = new SecretSearch();
    search.addText("pin", pin);
    // What is freed is overwritten at its beginning first.
    search.addText("pin's first half", pin.substring(0, pin.length() / 2));
    search.addText("pin's second half", pin.substring(pin.length() / 2));
    List<byte[]> values = SoftHsmPrivateKeys.of(born.token().tokens(), pin);
    List<BigInteger> points = new ArrayList<>();
    for (byte[] value : values) {
      search.addBytes("key " + points.size(), value);
      ECPoint point =
          CustomNamedCurves.getByName("P-256")
              .getG()
              .multiply(new BigInteger(1, value))
              .normalize();
      points.add(point.getAffineXCoord().toBigInteger());
    }
    for (KeyRole role : List.of(KeyRole.ISSUER, KeyRole.STATUS)) {
      assertThat(born.trust().content().keysOf(role))
          .isNotEmpty()
          .allSatisfy(
              trusted -> assertThat(points).contains(trusted.key().key().getW().getAffineX()));
    }
    return search;
  }

  /** Every file below the service's folder that holds something sought, but for {@code apart}. */
  private Map<Path, Set<String>> files(SecretSearch search, Path apart) throws IOException {
    List<Path> all;
    try (Stream<Path> walked = Files.walk(born.folder())) {
      all = walked.filter(file -> Files.isRegularFile(file) && !file.equals(apart)).toList();
    }
    assertThat(all)
        .extracting(file -> file.getFileName().toString())
        .contains("ledger.db", "log", "ready", "token.object", "trust.json", "serve.yaml");
    Map<Path, Set<String>> found = new TreeMap<>();
    for (Path file : all) {
      try (InputStream in = Files.newInputStream(file)) {
        Set<String> names = search.in(in);
        if (!names.isEmpty()) {
          found.put(file, names);
        }
      }
    }
    return found;
  }

  /** All that is in the heap, whether or not anything refers to it. */
  private byte[] heap(DemoService service) throws Exception {
    Path dump = folder.resolve("heap.hprof");
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(service.pid()),
                "GC.heap_dump",
                "-all",
                dump.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("jcmd").toFile())
            .start();
    assertThat(jcmd.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(jcmd.exitValue()).as(Files.readString(folder.resolve("jcmd"))).isZero();
    return Files.readAllBytes(dump);
  }

  /**
   * What is found in the process's writable memory that is of no file: C's heaps and stacks, and the Java
   * heap with what was moved from or freed in it.
   */
  private static Set<String> memory(DemoService service, SecretSearch search) throws IOException {
    Path process = Path.of("/proc", Long.toString(service.pid()));
    Set<String> found = new TreeSet<>();
    try (RandomAccessFile memory = new RandomAccessFile(process.resolve("mem").toFile(), "r")) {
      for (String line : Files.readAllLines(process.resolve("maps"))) {
        String[] columns = line.split(" +");
        if (columns[1].startsWith("rw") && columns[4].equals("0")) {
          String[] range = columns[0].split("-");
          long begin = Long.parseUnsignedLong(range[0], 16);
          long end = Long.parseUnsignedLong(range[1], 16);
          for (String name : search.in(new MemoryRange(memory, begin, end))) {
            found.add(name);
          }
        }
      }
    }
    return found;
  }

  /** The bytes of a process's memory between two addresses; pages that cannot be read are left out. */
  private static final class MemoryRange extends InputStream {
    private final RandomAccessFile memory;
    private final long end;
    private long at;

    MemoryRange(RandomAccessFile memory, long begin, long end) {
      this.memory = memory;
      this.at = begin;
      this.end = end;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int most = (int) Math.min(length, end - at);
      if (most <= 0) {
        return -1;
      }
      memory.seek(at);
      int read = memory.read(into, offset, most);
      if (read > 0) {
        at += read;
      }
      return read;
    }
  }
}
