// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Argument;
import dev.writ.artifact.ExecBinding;
import dev.writ.tlog.Hash;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole, with a real JVM in between. */
final class WritExecJvmTest {
  @TempDir Path folder;

  @Test
  void arguments_thatJvmsTakeForTheirOwn_areTheChilds() throws Exception {
    String[] command = {"cat", "/proc/self/cmdline", "--", "@file", "-cp", "", "ü \n", "-version"};
    Probe probe = Probe.of(folder).with("LC_ALL", "POSIX").command(command);
    Process process = probe.start();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(out).isEqualTo(String.join("\0", command) + "\0");
    assertThat(process.waitFor()).isEqualTo(1);
    ExecBinding binding = ExecBinding.parse(Files.readAllBytes(probe.binding()));
    assertThat(binding.argv())
        .isEqualTo(List.of(command).stream().map(a -> Argument.of(a.getBytes(UTF_8))).toList());
    assertThat(binding.cwd()).isEqualTo(Path.of("").toRealPath().toString());
  }

  @Test
  void argument_thatIsNoUtf8_isRefused() throws Exception {
    Path ran = folder.resolve("ran");
    Process process =
        Probe.of(folder)
            .around(
                List.of("/bin/sh", "-c", "exec \"$@\" \"$(printf 'a\\377')\"", "sh"),
                "touch",
                ran.toString())
            .start();
    assertThat(new String(process.getErrorStream().readAllBytes(), ISO_8859_1))
        .contains(UnfaithfulBytesException.class.getName());
    assertThat(process.waitFor()).isEqualTo(125);
    assertThat(ran).doesNotExist();
  }

  /** A JVM looks for its working directory before it does anything else. */
  @Test
  void jvm_thatCannotComeUp_is125() throws Exception {
    Path gone = folder.resolve("gone");
    Process process =
        Probe.of(folder)
            .around(
                List.of(
                    "/bin/sh",
                    "-c",
                    "mkdir \"$0\" && cd \"$0\" && rmdir \"$0\" && exec \"$@\"",
                    gone.toString()),
                "true")
            .start();
    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8))
        .contains("initialization of VM");
    assertThat(process.waitFor()).isEqualTo(125);
  }

  @Test
  void variables_thatLoadCode_reachNeitherJvmNorChild() throws Exception {
    Probe probe = Probe.of(folder);
    hostile(probe);
    Process process = probe.command("cat", "/proc/self/environ").start();
    assertThat(process.getInputStream().readAllBytes())
        .isEqualTo("PATH=/usr/bin:/bin\0".getBytes(UTF_8));
    assertThat(new String(process.getErrorStream().readAllBytes(), UTF_8)).isEmpty();
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void variables_ofAJvm_wouldBeTold() throws Exception {
    // What the test above relies on: a JVM that had got one would say so.
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-version");
    builder.environment().put("JAVA_TOOL_OPTIONS", "-Da=b");
    Process process = builder.redirectErrorStream(true).start();
    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8)).contains("Picked up");
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void variables_thatAreNamed_reachTheChildToTheByte() throws Exception {
    Probe probe = Probe.of(folder).naming("_JAVA_OPTIONS", "CLASSPATH", "LD_LIBRARY_PATH", "RAW");
    hostile(probe);
    Process process =
        probe
            .around(
                List.of(
                    "/bin/sh", "-c", "RAW=$(printf '\\377\\200='); export RAW; exec \"$@\"", "sh"),
                "cat",
                "/proc/self/environ")
            .start();
    TreeMap<String, Hash> seen = new TreeMap<>();
    String out = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    for (String variable : out.split("\0")) {
      String[] both = variable.split("=", 2);
      seen.put(both[0], Hash.sha256(both[1].getBytes(ISO_8859_1)));
    }
    assertThat(new String(process.getErrorStream().readAllBytes(), UTF_8)).isEmpty();
    assertThat(process.waitFor()).isZero();
    assertThat(out).contains("RAW=\u00ff\u0080=\0", "_JAVA_OPTIONS=-Dx=y\0");
    assertThat(seen)
        .containsOnlyKeys("PATH", "_JAVA_OPTIONS", "CLASSPATH", "LD_LIBRARY_PATH", "RAW");
    assertThat(ExecBinding.parse(Files.readAllBytes(probe.binding())).env()).isEqualTo(seen);
  }

  private void hostile(Probe probe) {
    Probe unused =
        probe
            .with("JAVA_TOOL_OPTIONS", "-Dx=y")
            .with("_JAVA_OPTIONS", "-Dx=y")
            .with("JDK_JAVA_OPTIONS", "-Dx=y")
            .with("CLASSPATH", folder.toString())
            .with("LD_LIBRARY_PATH", folder.toString())
            .with("GLIBC_TUNABLES", "x")
            .with("OPENSSL_CONF", folder.toString());
  }
}
