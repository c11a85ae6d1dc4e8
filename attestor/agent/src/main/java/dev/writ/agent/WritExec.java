// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The process that started this JVM and starts its child: {@code writ-exec}, whose source says how it is
 * spoken to. One thread uses it; others may only tell it of a lease.
 */
public final class WritExec implements AutoCloseable {
  /** The environment variable in which it tells its two pipes. */
  public static final String PIPES = "WRIT_EXEC_PIPES";

  private static final Pattern NUMBERS = Pattern.compile("([0-9]{1,6}),([0-9]{1,6})");

  private final long pid;
  private final DataInputStream answers;
  private final OutputStream commands;

  /**
   * One that is spoken to over these streams.
   *
   * @param pid its process
   */
  WritExec(long pid, InputStream answers, OutputStream commands) {
    this.pid = pid;
    this.answers = new DataInputStream(answers);
    this.commands = commands;
  }

  /** What became of a file that was to be held open, or of a program that was to be started. */
  sealed interface Response {
    /** The file is held. */
    record Held(HeldFile file) implements Response {}

    /**
     * The program runs.
     *
     * @param pid its process, and its process group
     */
    record Started(long pid) implements Response {}

    /**
     * The kernel refused.
     *
     * @param errno of errno(3)
     */
    record Failed(int errno) implements Response {}
  }

  /**
   * The process that started this one.
   *
   * @param pipes the value of {@link #PIPES}
   * @throws IOException if there is none
   */
  public static WritExec ofParent(String pipes) throws IOException {
    Matcher numbers = NUMBERS.matcher(pipes);
    if (!numbers.matches()) {
      throw new IOException(PIPES + " must be READ,WRITE, was " + pipes);
    }
    long parent =
        ProcessHandle.current()
            .parent()
            .orElseThrow(() -> new IOException("writ-exec must be alive, and is gone"))
            .pid();
    return new WritExec(
        parent,
        new FileInputStream("/proc/self/fd/" + numbers.group(1)),
        new FileOutputStream("/proc/self/fd/" + numbers.group(2)));
  }

  /** Its process. */
  public long pid() {
    return pid;
  }

  /** Opens a regular file for reading, following links. */
  Response hold(Path path) throws IOException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    send(message('H', Integer.BYTES + name.length).putInt(name.length).put(name));
    return held();
  }

  /** Copies what is held into memory that nobody can change, this user and root included. */
  Response seal(HeldFile file) throws IOException {
    send(message('S', Integer.BYTES).putInt(file.descriptor()));
    return held();
  }

  /**
   * Starts a child.
   *
   * @param program what runs
   * @param kept a descriptor that the child has open, under its number
   * @param argv its arguments, from argv[0] on
   * @param environment its variables, {@code NAME=VALUE} each
   */
  Response start(HeldFile program, OptionalInt kept, List<byte[]> argv, List<byte[]> environment)
      throws IOException {
    ByteBuffer message =
        message('X', 4 * Integer.BYTES + sizeOf(argv) + sizeOf(environment))
            .putInt(program.descriptor())
            .putInt(kept.orElse(-1));
    put(message, argv);
    put(message, environment);
    send(message);
    Reply reply = reply();
    return switch (reply.kind()) {
      case 's' -> new Response.Started(reply.value());
      case 'e' -> new Response.Failed(reply.value());
      default -> throw reply.unexpected();
    };
  }

  /**
   * Has the child end: it is asked to, and killed, after so many milliseconds, if this is not called again
   * before it was asked. It counts from now on, whatever becomes of this process, and no child is started
   * past it.
   *
   * @param ask 0 or more
   * @param kill no less
   */
  void lease(int ask, int kill) throws IOException {
    send(message('L', 2 * Integer.BYTES).putInt(ask).putInt(kill));
  }

  /** Waits for the child's end, or writ-exec's own. */
  Ending awaitEnd() {
    try {
      Reply reply = reply();
      return reply.kind() == 'd' ? Ending.ofWaitStatus(reply.value()) : new Ending.Lost();
    } catch (IOException e) {
      return new Ending.Lost();
    }
  }

  private Response held() throws IOException {
    Reply reply = reply();
    return switch (reply.kind()) {
      case 'h' ->
          new Response.Held(
              new HeldFile(reply.value(), Path.of("/proc/" + pid + "/fd/" + reply.value())));
      case 'e' -> new Response.Failed(reply.value());
      default -> throw reply.unexpected();
    };
  }

  private record Reply(char kind, int value) {
    IOException unexpected() {
      return new IOException("writ-exec must answer what it is asked, answered " + kind);
    }
  }

  private Reply reply() throws IOException {
    try {
      char kind = (char) answers.readUnsignedByte();
      int bigEndian = answers.readInt();
      return new Reply(
          kind,
          ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
              ? bigEndian
              : Integer.reverseBytes(bigEndian));
    } catch (EOFException e) {
      throw new IOException("writ-exec must be alive, and has ended", e);
    }
  }

  private static int sizeOf(List<byte[]> strings) {
    return strings.stream().mapToInt(string -> Integer.BYTES + string.length).sum();
  }

  private static ByteBuffer message(char kind, int length) {
    return ByteBuffer.allocate(1 + length).order(ByteOrder.nativeOrder()).put((byte) kind);
  }

  private static void put(ByteBuffer message, List<byte[]> strings) {
    message.putInt(strings.size());
    strings.forEach(string -> message.putInt(string.length).put(string));
  }

  private synchronized void send(ByteBuffer message) throws IOException {
    byte[] bytes = new byte[message.flip().remaining()];
    message.get(bytes);
    commands.write(bytes);
    commands.flush();
  }

  @Override
  public void close() throws IOException {
    commands.close();
    answers.close();
  }
}
