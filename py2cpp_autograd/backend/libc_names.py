"""The functions of the C library: they stand in the global namespace, where no program may take their names."""

from __future__ import annotations

_NAMES = """
abort abs access acct acos acosh adjtime alarm aligned_alloc alloca arc4random arc4random_buf arc4random_uniform
asctime asin asinh asprintf at_quick_exit atan atan2 atanh atexit atof atoi atol basename bcmp bcopy brk bsearch
bzero calloc canonicalize canonicalize_file_name cbrt ceil chdir chmod chown chroot clearenv clearerr clock
clock_adjtime clock_getcpuclockid clock_getres clock_gettime clock_nanosleep clock_settime clone close
close_range closefrom confstr copysign cos cosh creat crypt ctermid ctime cuserid daemon difftime div dprintf
drand48 drem dup dup2 dup3 duplocale dysize eaccess ecvt endusershell erand48 erf erfc euidaccess execl execle
execlp execv execve execveat execvp execvpe exit exp exp10 exp2 explicit_bzero expm1 fabs faccessat fallocate
fchdir fchmod fchmodat fchown fchownat fclose fcloseall fcntl fcvt fdatasync fdim fdopen feof ferror fexecve
fflush ffs fgetc fgetpos fgets fileno finite flockfile floor fma fmax fmaximum fmaximum_mag fmaximum_mag_num
fmaximum_num fmaxmag fmemopen fmin fminimum fminimum_mag fminimum_mag_num fminimum_num fminmag fmod fopen
fopencookie fork fpathconf fprintf fputc fputs fread free freelocale freopen frexp fromfp fromfpx fscanf fseek
fseeko fsetpos fstat fstatat fsync ftell ftello ftruncate ftrylockfile funlockfile futimens futimes futimesat
fwrite gamma gcvt get_current_dir_name getc getchar getcpu getcwd getdate getdelim getdomainname getdtablesize
getegid getenv geteuid getgid getgroups gethostid gethostname getitimer getline getloadavg getlogin getopt
getpagesize getpass getpayload getpgid getpgrp getpid getppid getpt getresgid getresuid getsid getsubopt gettid
gettimeofday getuid getumask getusershell getw getwd gmtime grantpt group_member gsignal hypot ilogb index
initstate isalnum isalnum_l isalpha isalpha_l isascii isatty isblank isblank_l iscntrl iscntrl_l isctype isdigit
isdigit_l isgraph isgraph_l isinff isinfl islower islower_l isnanf isnanl isprint isprint_l ispunct ispunct_l
isspace isspace_l isupper isupper_l isxdigit isxdigit_l j0 j1 jn jrand48 kill killpg labs lchmod lchown lcong48
ldexp ldiv lgamma link linkat llabs lldiv llogb llrint llround localeconv localtime lockf log log10 log1p log2
logb longjmp lrand48 lrint lround lseek lstat lutimes malloc mblen mbstowcs mbtowc memccpy memchr memcmp memcpy
memfrob memmem memmove mempcpy memrchr memset mkdir mkdirat mkdtemp mkfifo mkfifoat mknod mknodat mkostemp
mkostemps mkstemp mkstemps mktemp mktime modf mrand48 name_to_handle_at nan nanosleep nearbyint newlocale
nextafter nextdown nexttoward nextup nice noexcept nrand48 obstack_printf obstack_vprintf on_exit open
open_by_handle_at open_memstream openat pathconf pause pclose perror pipe pipe2 popen posix_fadvise
posix_fallocate posix_memalign posix_openpt pow pread printf profil pselect psiginfo psignal pthread_kill
pthread_sigmask pthread_sigqueue ptsname putc putchar putenv puts putw pwrite qecvt qfcvt qgcvt qsort quick_exit
raise rand random rawmemchr read readahead readlink readlinkat realloc reallocarray realpath remainder remove
remquo rename renameat renameat2 revoke rewind rindex rint rmdir round roundeven rpmatch sbrk scalb scalbln
scalbn scanf sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getcpu sched_getparam
sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setparam sched_setscheduler sched_yield
secure_getenv seed48 select setbuf setbuffer setdomainname setegid setenv seteuid setgid sethostid sethostname
setitimer setjmp setlinebuf setlocale setlogin setns setpayload setpayloadsig setpgid setpgrp setregid setresgid
setresuid setreuid setsid setstate settimeofday setuid setusershell setvbuf sigabbrev_np sigaction sigaddset
sigaltstack sigandset sigblock sigdelset sigdescr_np sigemptyset sigfillset siggetmask sighold sigignore
siginterrupt sigisemptyset sigismember siglongjmp signal significand sigorset sigpause sigpending sigprocmask
sigqueue sigrelse sigreturn sigset sigsetmask sigstack sigsuspend sigtimedwait sigwait sigwaitinfo sin sincos
sinh sleep snprintf splice sprintf sqrt srand srand48 srandom sscanf ssignal stat stpcpy stpncpy strcasecmp
strcasecmp_l strcasestr strcat strchr strchrnul strcmp strcoll strcoll_l strcpy strcspn strdup strerror
strerror_l strerrordesc_np strerrorname_np strfromd strfromf strfroml strfry strftime strftime_l strlen
strncasecmp strncasecmp_l strncat strncmp strncpy strndup strnlen strpbrk strptime strptime_l strrchr strsep
strsignal strspn strstr strtod strtod_l strtof strtof_l strtok strtol strtol_l strtold strtold_l strtoll_l
strtoq strtoul strtoul_l strtoull_l strtouq strverscmp strxfrm strxfrm_l swab symlink symlinkat sync
sync_file_range syncfs syscall sysconf system sysv_signal tan tanh tcgetpgrp tcsetpgrp tee tempnam tgamma tgkill
time timegm timelocal timer_create timer_delete timer_getoverrun timer_gettime timer_settime timespec_get
timespec_getres tmpfile tmpnam toascii tolower tolower_l totalorder totalordermag toupper toupper_l trunc
truncate ttyname ttyslot tzset ualarm ufromfp ufromfpx umask ungetc unlink unlinkat unlockpt unsetenv unshare
uselocale usleep utimensat utimes valloc vasprintf vdprintf vfork vfprintf vfscanf vhangup vmsplice vprintf
vscanf vsnprintf vsprintf vsscanf wcstombs wctomb write y0 y1 yn
"""

LIBC_NAMES = frozenset(_NAMES.split())
