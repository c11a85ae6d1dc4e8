// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Somebody who sits between a program and a simulator: reads commands and answers, whole, and changes an
 * answer where that was asked for.
 */
final class RecordedBus implements AutoCloseable {
  private static final String PATH = "swtpm:path=";
  private static final int CODE = 6;
  private static final int HEADER = 10;

  /** Behind header, size of the parameters, and size of the TPM2B. */
  private static final int PARAMETER = HEADER + 4 + 2;

  private final Path socket;
  private final Path tpm;
  private final ServerSocketChannel door;

  @GuardedBy("this")
  private final ByteArrayOutputStream seen = new ByteArrayOutputStream();

  /** The command whose answer is changed, and whether that answer comes next. */
  @GuardedBy("this")
  private int altered;

  @GuardedBy("this")
  private boolean alterNext;

  private RecordedBus(Path socket, Path tpm, ServerSocketChannel door) {
    this.socket = socket;
    this.tpm = tpm;
    this.door = door;
  }

  /**
   * Takes commands at {@code socket}, which does not exist, for the TPM at {@code tcti}; its control
   * socket is linked beside it.
   */
  static RecordedBus start(Path socket, String tcti) throws IOException {
    Path tpm = Path.of(tcti.substring(PATH.length()));
    Files.createSymbolicLink(control(socket), control(tpm));
    ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    door.bind(UnixDomainSocketAddress.of(socket));
    RecordedBus bus = new RecordedBus(socket, tpm, door);
    spawn(bus::welcome);
    return bus;
  }

  String tcti() {
    return PATH + socket;
  }

  synchronized byte[] seen() {
    return seen.toByteArray();
  }

  /** Flips a bit of the first parameter's first byte in each answer to this command (TPM_CC). */
  synchronized void alterAnswersTo(int commandCode) {
    altered = commandCode;
  }

  @Override
  public void close() throws IOException {
    door.close();
  }

  private static Path control(Path socket) {
    return socket.resolveSibling(socket.getFileName() + ".ctrl");
  }

  private static void spawn(Runnable task) {
    Thread thread = new Thread(task, "recorded bus");
    thread.setDaemon(true);
    thread.start();
  }

  private void welcome() {
    try {
      while (true) {
        SocketChannel client = door.accept();
        SocketChannel server = SocketChannel.open(UnixDomainSocketAddress.of(tpm));
        spawn(() -> copy(client, server));
        spawn(() -> copy(server, client));
      }
    } catch (IOException e) {
      return; // closed
    }
  }

  private void copy(SocketChannel from, SocketChannel to) {
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    try (from;
        to) {
      while (from.read(buffer) >= 0) {
        passBy(buffer.array(), buffer.position());
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
    } catch (IOException e) {
      return; // one side hung up
    }
  }

  /** Commands and answers alike: tag(2) size(4) code(4); a parameter after the parameters' size(4). */
  private synchronized void passBy(byte[] bytes, int length) {
    seen.write(bytes, 0, length);
    if (alterNext && length > PARAMETER) {
      bytes[PARAMETER] ^= 1;
      alterNext = false;
    } else if (length >= HEADER && ByteBuffer.wrap(bytes).getInt(CODE) == altered) {
      alterNext = altered != 0;
    }
  }
}
