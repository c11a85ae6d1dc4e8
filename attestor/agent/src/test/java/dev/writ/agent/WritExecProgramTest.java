// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.writ.agent.Execution.Preparation;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be a program, and what cannot. */
final class WritExecProgramTest {
  @TempDir Path folder;
  private Path empty;
  private Path bin;
  private RelayedWritExec relayed;

  @BeforeEach
  void start() throws Exception {
    empty = Files.createDirectory(folder.resolve("empty"));
    bin = Files.createDirectory(folder.resolve("bin"));
    relayed =
        RelayedWritExec.start(
            folder,
            Map.of("PATH", folder.resolve("missing") + ":" + empty + ":" + bin + ":/usr/bin:/bin"));
  }

  @AfterEach
  void stop() throws Exception {
    relayed.close();
  }

  @Test
  void program_missing_isNotFound() throws Exception {
    assertNotFound("no-such-program");
    assertNotFound("");
    assertNotFound(folder.resolve("no").toString());
    assertNotFound("/usr/bin/true/x");
  }

  @Test
  void program_noRegularFile_isNotExecutableAndDoesNotBlock() throws Exception {
    assertUnfit(folder.toString(), "is a folder");
    Path fifo = folder.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", "-m", "777", fifo.toString()).start().waitFor())
        .isZero();
    assertUnfit(fifo.toString(), "regular file");
    assertUnfit("/dev/null", "regular file");
    try (var socket =
        java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
      Path at = folder.resolve("s");
      var unused = socket.bind(java.net.UnixDomainSocketAddress.of(at));
      assertUnfit(at.toString(), "regular file");
    }
  }

  @Test
  void program_notExecutable_isRefused() throws Exception {
    Path plain = write(folder.resolve("plain"), "#!/bin/sh\n", "rw-rw-rw-");
    assertUnfit(plain.toString(), "executable for this user");
  }

  @Test
  void program_unreadable_isRefused() throws Exception {
    Path secret = write(folder.resolve("secret"), "#!/bin/sh\n", "-wx--x--x");
    assumeTrue(!Files.isReadable(secret), "root reads everything");
    assertUnfit(secret.toString(), "may read");
  }

  @Test
  void program_chainOfLinks_isBoundAsWhatItLeadsTo() throws Exception {
    Path real = Path.of("/usr/bin/true").toRealPath();
    Path one = Files.createSymbolicLink(folder.resolve("one"), Path.of("two"));
    Files.createSymbolicLink(folder.resolve("two"), Path.of("/usr/bin/true"));
    Execution execution = relayed.bound(one.toString());
    assertThat(execution.binding().path()).isEqualTo(real.toString());
    assertThat(execution.binding().exeSha256()).isEqualTo(Hash.sha256(Files.readAllBytes(real)));
  }

  @Test
  void program_circleOfLinks_isRefused() throws Exception {
    Path one = Files.createSymbolicLink(folder.resolve("one"), Path.of("two"));
    Files.createSymbolicLink(folder.resolve("two"), Path.of("one"));
    assertUnfit(one.toString(), "circle");
  }

  @Test
  void program_pathThatIsNoUtf8_isRefused() throws Exception {
    assertThat(
            new ProcessBuilder(
                    "sh",
                    "-c",
                    "d=$(printf 'a\\377'); mkdir $d; cp /bin/true $d/t; ln -s $d/t link")
                .directory(folder.toFile())
                .start()
                .waitFor())
        .isZero();
    assertThat(relayed.prepare(folder.resolve("link").toString()))
        .isInstanceOf(Preparation.Impossible.class)
        .asString()
        .contains("bound");
    // Removed by what made it: names that are no UTF-8 do not come back from every locale of Java.
    assertThat(
            new ProcessBuilder("sh", "-c", "rm -r a*").directory(folder.toFile()).start().waitFor())
        .isZero();
  }

  @Test
  void script_withoutUsableFirstLine_isRefused() throws Exception {
    for (String content :
        new String[] {
          "echo\n",
          "",
          "#",
          "#!",
          "#!\n",
          "#!sh\n",
          "#! \t\n",
          "\n#!/bin/sh\n",
          "#!/bin/sh\0\n",
          "#!/bin/sh " + "x".repeat(246) + "\n",
          "#!/bin/sh \u00ff\n",
          "#!/bin/sh ",
          "#!/bin/sh a\t"
        }) {
      assertUnfit(script("bad", content).toString(), "first line");
    }
    Path longest = script("longest", "#!/bin/echo " + "x".repeat(243) + "\n");
    assertThat(relayed.bound(longest.toString()).binding().argv()).hasSize(3);
  }

  @Test
  void script_interpreterMissing_isNotFound() throws Exception {
    assertNotFound(script("a", "#!/no/such\n").toString());
    assertNotFound(script("b", "#!/bin/sh\r\n").toString());
    assertNotFound(script("c", "#!/usr/bin/env no-such-program\n").toString());
  }

  @Test
  void script_interpreterThatIsAScript_isRefused() throws Exception {
    Path inner = script("inner", "#!/bin/sh\necho inner\n");
    assertUnfit(script("outer", "#!" + inner + "\n").toString(), "is a script");
  }

  @Test
  void script_optionsOfEnv_areRefused() throws Exception {
    for (String options : new String[] {"-S sh -e", "-i sh", "A=1 sh", "", "sh -e", "-"}) {
      assertUnfit(
          script("env", "#!/usr/bin/env " + options + "\necho\n").toString(), "options of env");
    }
  }

  @Test
  void script_throughEnv_runsTheProgramItself() throws Exception {
    Path arguments = Compiled.printingArguments(bin.resolve("arguments"));
    Path script = script("script", "#!/usr/bin/env arguments \n");
    Execution execution = relayed.bound(script.toString(), "x");
    assertThat(execution.binding().path()).isEqualTo(arguments.toRealPath().toString());
    long unused = relayed.started(execution);
    assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
    assertThat(relayed.out()).matches("<arguments>\n</dev/fd/[0-9]+>\n<x>\n");
  }

  @Test
  void script_argumentWithSpaces_isOne() throws Exception {
    Path arguments = Compiled.printingArguments(bin.resolve("arguments"));
    Path script = script("script", "#! " + arguments + " \t -a 'b  c' \t\nrest\n");
    assertThat(relayed.run(script.toString(), "", "y")).isEqualTo(new Ending.Exited(0));
    assertThat(relayed.out())
        .matches("<" + arguments + ">\n<-a 'b  c'>\n</dev/fd/[0-9]+>\n<>\n<y>\n");
  }

  @Test
  void path_nonExecutableOfThatName_isPassedOver() throws Exception {
    Path unused = write(empty.resolve("named"), "#!/bin/false\n", "rw-r--r--");
    Files.createDirectory(bin.resolve("true"));
    Path right = script("bin/named", "#!/bin/true\n");
    assertThat(relayed.bound("named").binding().files().get(0).path())
        .isEqualTo(right.toRealPath().toString());
    assertThat(relayed.bound("true").binding().path())
        .isEqualTo(Path.of("/usr/bin/true").toRealPath().toString());
  }

  @Test
  void path_emptyEntry_isTheWorkingFolderAndUnsetIsNot() throws Exception {
    Path here = Files.createTempFile(Path.of(""), "here", "");
    try {
      Files.writeString(here, "#!/bin/true\n");
      assertThat(here.toFile().setExecutable(true)).isTrue();
      String name = here.getFileName().toString();
      Path other = Files.createDirectory(folder.resolve("other"));
      try (RelayedWritExec with = RelayedWritExec.start(other, Map.of("PATH", "/usr/bin::/bin"))) {
        assertThat(with.bound(name).binding().files().get(0).path())
            .isEqualTo(here.toRealPath().toString());
      }
      Path third = Files.createDirectory(folder.resolve("third"));
      try (RelayedWritExec without = RelayedWritExec.start(third, Map.of())) {
        // The shell in between may set PATH for itself, and exports none.
        assertThat(RawProcess.environment(without.exec().pid())).doesNotContainKey("PATH");
        assertThat(without.prepare(name)).isInstanceOf(Preparation.Impossible.class);
        assertThat(without.run("true")).isEqualTo(new Ending.Exited(0));
      }
    } finally {
      Files.delete(here);
    }
  }

  @Test
  void hold_pathReplacedOrRemoved_keepsTheOpenFile() throws Exception {
    Path file = script("moving", "first");
    HeldFile held = ((WritExec.Response.Held) relayed.exec().hold(file)).file();
    Path next = script("next", "second");
    Files.move(next, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(held.sha256()).isEqualTo(Hash.sha256("first".getBytes(ISO_8859_1)));
    assertThat(held.isAt(file)).isFalse();
    assertThat(held.realPath().toString()).endsWith("moving (deleted)");
  }

  @Test
  void program_writable_runsFromASealedCopy() throws Exception {
    assertThat(folder.toFile().setWritable(true, false)).isTrue();
    Path own = folder.resolve("own-cat");
    Files.copy(
        Path.of("/bin/cat").toRealPath(), own, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    Execution execution = relayed.bound(own.toString());
    assertThat(execution.program().rewritable()).isPresent();
    long child = relayed.started(execution);
    assertThat(Files.readSymbolicLink(Path.of("/proc/" + child + "/exe")).toString())
        .startsWith("/memfd:writ");
    HeldFile copy = execution.program().executable();
    assertThat(copy.sha256()).isEqualTo(Hash.sha256(Files.readAllBytes(own)));
    assertThatThrownBy(
            () -> {
              try (FileChannel channel =
                  FileChannel.open(copy.handle(), StandardOpenOption.WRITE)) {
                int unused = channel.write(ByteBuffer.wrap(new byte[] {0}));
              }
            })
        .isInstanceOf(IOException.class);
    assertThatThrownBy(
            () -> {
              try (FileChannel channel = FileChannel.open(copy.handle(), StandardOpenOption.READ)) {
                FileChannel unused = channel.truncate(0);
              }
            })
        .isInstanceOf(java.nio.channels.NonWritableChannelException.class);
    assertThat(copy.sha256()).isEqualTo(execution.binding().exeSha256());
    relayed.process().getOutputStream().close();
    assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
  }

  @Test
  void program_unwritable_runsFromItsFile() throws Exception {
    Execution execution = relayed.bound("cat");
    assumeTrue(execution.program().rewritable().isEmpty(), "/usr/bin must be root's alone");
    long child = relayed.started(execution);
    assertThat(Files.readSymbolicLink(Path.of("/proc/" + child + "/exe")).toString())
        .isEqualTo(execution.binding().path());
    relayed.process().getOutputStream().close();
    assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
  }

  @Test
  void start_refusedByTheKernel_saysWhyAndTakesTheNext() throws Exception {
    HeldFile text = ((WritExec.Response.Held) relayed.exec().hold(script("text", "text"))).file();
    var argv = java.util.List.of("x".getBytes(ISO_8859_1));
    var none = java.util.OptionalInt.empty();
    assertThat(relayed.exec().start(text, none, argv, java.util.List.of()))
        .isEqualTo(new WritExec.Response.Failed(8));
    assertThat(
            relayed.exec().start(new HeldFile(999, text.handle()), none, argv, java.util.List.of()))
        .isEqualTo(new WritExec.Response.Failed(9));
    assertThat(relayed.run("true")).isEqualTo(new Ending.Exited(0));
  }

  private Path script(String name, String content) throws IOException {
    return write(folder.resolve(name), content, "rwxr-xr-x");
  }

  private static Path write(Path file, String content, String mode) throws IOException {
    Files.write(file, content.getBytes(ISO_8859_1));
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private void assertNotFound(String command) {
    assertThat(relayed.prepare(command))
        .as(command)
        .isInstanceOfSatisfying(
            Preparation.Impossible.class,
            impossible -> assertThat(impossible.outcome()).isInstanceOf(RunOutcome.NotFound.class));
  }

  private void assertUnfit(String command, String reason) {
    assertThat(relayed.prepare(command))
        .as(command)
        .isInstanceOfSatisfying(
            Preparation.Impossible.class,
            impossible ->
                assertThat(impossible.outcome())
                    .isInstanceOfSatisfying(
                        RunOutcome.NotExecutable.class,
                        unfit -> assertThat(unfit.reason()).contains(reason)));
  }
}
