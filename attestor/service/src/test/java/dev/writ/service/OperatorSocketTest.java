// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where the operator's socket is, who may use it, and what it takes the place of. */
@Timeout(60)
final class OperatorSocketTest {
  @TempDir private Path folder;
  private final StubService service = new StubService();
  private Path path;
  private Optional<Doors> doors = Optional.empty();

  @BeforeEach
  void protect() throws Exception {
    permit("rwx------");
    path = folder.resolve("operator.sock");
  }

  @AfterEach
  void close() {
    doors.ifPresent(Doors::close);
  }

  private void permit(String permissions) throws Exception {
    var unused =
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(permissions));
  }

  private void open() throws DoorException {
    doors =
        Optional.of(
            Doors.open(
                new DoorsConfig(
                    Optional.of(StubService.loopback()),
                    Optional.empty(),
                    Optional.of(path),
                    Optional.empty(),
                    Optional.empty(),
                    DoorsConfig.Limits.standard()),
                service.routes(),
                service,
                InstantSource.system()));
  }

  private void serves() throws Exception {
    try (HttpWire wire = HttpWire.unix(path)) {
      assertThat(wire.get("/operator").status()).isEqualTo(200);
      DoorRequestsTest.problem(404, "not_found", wire.get("/thing"));
    }
  }

  private void refuses(String message) {
    assertThatThrownBy(this::open).isInstanceOf(DoorException.class).hasMessageContaining(message);
  }

  @Test
  void socket_isForItsOwnerAlone_andNothingElseIsLeft() throws Exception {
    open();
    serves();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
    doors.orElseThrow().close();
    assertThat(path).doesNotExist();
  }

  @Test
  void socket_leftByAKilledProcess_isReplaced() throws Exception {
    try (ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      var unused = killed.bind(UnixDomainSocketAddress.of(path));
    }
    assertThat(path).exists();
    open();
    serves();
  }

  @Test
  void socket_onWhichSomebodyListens_isNotReplaced() throws Exception {
    open();
    Doors first = doors.orElseThrow();
    refuses("another one does");
    doors = Optional.of(first);
    serves();
  }

  @Test
  void file_thatIsNoSocket_isNotReplaced() throws Exception {
    Path file = Files.writeString(path, "precious");
    refuses("is another file");
    assertThat(file).hasContent("precious");
  }

  @Test
  void folder_writableByOthers_isRefused() throws Exception {
    permit("rwxrwx---");
    refuses("nobody but its owner may write to");
    permit("rwx----w-");
    refuses("nobody but its owner may write to");
  }

  @Test
  void folder_thatIsNotThere_isRefused() {
    path = folder.resolve("no").resolve("operator.sock");
    refuses("is not");
  }

  @Test
  void path_thatIsTooLong_isRefused() throws Exception {
    Path deep = Files.createDirectory(folder.resolve("d".repeat(100)));
    path = deep.resolve("operator.sock");
    refuses("shorter path");
    try (Stream<Path> files = Files.list(deep)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void close_leavesAnothersSocket() throws Exception {
    open();
    Files.delete(path);
    try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      var unused = other.bind(UnixDomainSocketAddress.of(path));
      doors.orElseThrow().close();
      assertThat(path).exists();
    }
  }
}
