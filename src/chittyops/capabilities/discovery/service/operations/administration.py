"""The table's lines for databases, secrets, backup, security and machines: see ``table``."""

from __future__ import annotations

from typing import Final

LINES: Final = """
drizzle-kit push*                    databases    push schema
drizzle-kit migrate                  databases    apply migrations
drizzle-kit generate*                databases    create migration
drizzle-kit up*                      databases    apply migrations
drizzle-kit check*                   databases    check migrations
drizzle-kit studio                   databases    open database viewer
drizzle-kit introspect*              databases    read schema
drizzle-kit pull                     databases    read schema
drizzle-kit drop                     databases    drop migration
prisma migrate deploy                databases    apply migrations
prisma migrate dev                   databases    create migration
prisma migrate reset                 databases    reset database
prisma migrate                       databases    manage migrations
prisma db push                       databases    push schema
prisma db seed                       databases    seed database
prisma db pull                       databases    read schema
prisma db execute                    databases    execute SQL
prisma generate                      build        generate code
prisma studio                        databases    open database viewer
prisma validate                      testing      check schema
knex migrate:latest                  databases    apply migrations
knex migrate:rollback                databases    roll back migrations
knex migrate:make                    databases    create migration
knex seed*                           databases    seed database
knex                                 databases    manage migrations
sequelize* db:migrate*               databases    apply migrations
sequelize* db:seed*                  databases    seed database
typeorm migration:run                databases    apply migrations
typeorm migration:generate           databases    create migration
node-pg-migrate                      databases    apply migrations
dbmate                               databases    apply migrations
goose                                databases    apply migrations
flyway                               databases    apply migrations
liquibase                            databases    apply migrations
atlas migrate                        databases    apply migrations
atlas schema                         databases    push schema
migrate                              databases    apply migrations
alembic upgrade                      databases    apply migrations
alembic downgrade                    databases    roll back migrations
alembic revision                     databases    create migration
alembic                              databases    show migrations
psql                                 databases    execute SQL
createdb                             databases    create database
dropdb                               databases    drop database
initdb                               databases    create database
pg_isready                           health       check database
mysql                                databases    execute SQL
mysqladmin ping                      health       check database
mongosh                              databases    execute query
sqlite3 ... .backup*                 backup       back up database
sqlite3 ... .dump*                   backup       back up database
sqlite3                              databases    execute SQL
pg_dump                              backup       back up database
pg_dumpall                           backup       back up database
pg_basebackup                        backup       back up database
pg_restore                           backup       restore database
mysqldump                            backup       back up database
mongodump                            backup       back up database
mongorestore                         backup       restore database
litestream                           backup       replicate database
restic restore                       backup       restore files
restic                               backup       back up files
borg                                 backup       back up files
duplicity                            backup       back up files
rclone                               backup       copy files
rsync                                backup       copy files
neonctl branches create              databases    create branch
neonctl branches                     databases    manage branches
neonctl connection-string            secrets      read secret
neonctl                              databases    manage database
neon branches create                 databases    create branch
neon connection-string               secrets      read secret
supabase db push                     databases    apply migrations
supabase db dump                     backup       back up database
supabase db reset                    databases    reset database
supabase db                          databases    manage database
supabase migration                   databases    manage migrations
supabase functions deploy            deploy       deploy function
supabase functions                   other        manage functions
supabase secrets                     secrets      put secrets
supabase gen                         build        generate types
supabase                             databases    manage database
redis-cli publish                    events       publish message
redis-cli PUBLISH                    events       publish message
redis-cli ping                       health       check database
redis-cli                            databases    execute command
turso                                databases    manage database
pscale                               databases    manage database
op read                              secrets      read secret
op inject                            secrets      inject secrets
op run                               secrets      inject secrets
op item get                          secrets      read secret
op item create                       secrets      create secret
op item edit                         secrets      change secret
op item                              secrets      manage secrets
op vault                             secrets      manage vault
op signin                            secrets      sign in
op whoami                            secrets      check account
op account                           secrets      check account
op service-account                   secrets      manage service account
op connect                           secrets      manage vault
op --version                         other        show version
op                                   secrets      manage secrets
doppler run                          secrets      inject secrets
doppler secrets                      secrets      manage secrets
doppler                              secrets      manage secrets
infisical run                        secrets      inject secrets
infisical                            secrets      manage secrets
dotenv                               secrets      load variables
dotenvx run                          secrets      load variables
dotenvx encrypt                      secrets      encrypt secrets
vault kv put                         secrets      put secret
vault kv get                         secrets      read secret
vault                                secrets      manage secrets
sops -d                              secrets      decrypt secrets
sops --decrypt                       secrets      decrypt secrets
sops decrypt                         secrets      decrypt secrets
sops                                 secrets      encrypt secrets
age -d                               secrets      decrypt secrets
age --decrypt                        secrets      decrypt secrets
age                                  secrets      encrypt secrets
age-keygen                           secrets      make key
gpg                                  secrets      encrypt secrets
security find-generic-password       secrets      read secret
security add-generic-password        secrets      put secret
pass show                            secrets      read secret
openssl rand                         secrets      make secret
openssl genrsa                       secrets      make key
openssl genpkey                      secrets      make key
openssl s_client                     security     check certificate
openssl                              security     work on certificates
ssh-keygen                           secrets      make key
ssh-add                              secrets      load key
ssh-keyscan                          security     read host keys
uuidgen                              other        make identifier
certbot                              security     renew certificate
mkcert                               security     make certificate
snyk                                 security     audit packages
trivy                                security     scan for vulnerabilities
grype                                security     scan for vulnerabilities
osv-scanner                          security     audit packages
pip-audit                            security     audit packages
safety                               security     audit packages
bandit                               security     scan code
semgrep                              security     scan code
codeql                               security     scan code
zizmor                               security     scan workflows
gitleaks                             security     scan for secrets
trufflehog*                          security     scan for secrets
detect-secrets                       security     scan for secrets
cosign                               security     sign artifact
syft                                 security     list components
cyclonedx*                           security     list components
chown                                security     change owner
chmod                                other        change mode
ufw                                  security     set firewall
iptables                             security     set firewall
nats pub                             events       publish message
nats                                 events       manage streams
kafka-*                              events       manage topics
kcat                                 events       publish message
mosquitto_pub                        events       publish message
rabbitmqadmin                        events       manage queues
stripe listen                        events       forward webhooks
smee                                 events       forward webhooks
k6                                   performance  run load test
ab                                   performance  run load test
hey                                  performance  run load test
wrk*                                 performance  run load test
oha                                  performance  run load test
vegeta                               performance  run load test
locust                               performance  run load test
artillery                            performance  run load test
autocannon                           performance  run load test
lighthouse                           performance  measure page
lhci                                 performance  measure page
unlighthouse                         performance  measure page
size-limit                           performance  measure bundle
bundlesize                           performance  measure bundle
source-map-explorer                  performance  measure bundle
hyperfine                            performance  run benchmarks
clinic                               performance  profile program
crontab -l                           health       list schedules
crontab                              deploy       install schedule
systemctl status                     health       show service
systemctl is-active                  health       check service
systemctl enable                     deploy       enable service
systemctl restart                    deploy       restart service
systemctl reload                     deploy       restart service
systemctl start                      deploy       start service
systemctl stop                       deploy       stop service
systemctl daemon-reload              deploy       load service
systemctl                            deploy       manage service
service ... restart                  deploy       restart service
launchctl list                       health       show service
launchctl                            deploy       load service
pm2 logs                             health       follow logs
pm2 list                             health       show processes
pm2 status                           health       show processes
pm2                                  deploy       manage process
supervisorctl status                 health       show processes
supervisorctl                        deploy       restart service
nginx -t                             testing      check configuration
nginx                                deploy       restart service
journalctl                           health       follow logs
lsof                                 health       find process
pgrep                                health       find process
netstat                              health       show connections
ping                                 health       check host
nc                                   health       check port
dig                                  network      look up name
nslookup                             network      look up name
host                                 network      look up name
gh workflow run                      deploy       start workflow
gh workflow                          deploy       manage workflow
gh run                               testing      show workflow runs
gh release create                    deploy       create release
gh release                           deploy       manage release
gh secret set                        secrets      put secret
gh secret                            secrets      manage secrets
gh variable                          config       set value
gh auth                              secrets      sign in
gh pr                                git          manage pull request
gh issue                             git          manage issue
gh repo                              git          manage repository
gh api                               git          call API
gh                                   git          manage repository
git push heroku                      deploy       deploy app
git clone                            git          clone repository
git push                             git          push commits
git commit                           git          commit changes
git tag                              git          tag version
git                                  git          work on repository
husky                                git          install hooks
glab                                 git          manage repository
ssh                                  network      run on host
scp                                  network      copy to host
sftp                                 network      copy to host
tar -c*                              backup       pack files
tar c*                               backup       pack files
tar -z*c*                            backup       pack files
tar                                  other        unpack files
zip                                  backup       pack files
cp *.env.example                     config       copy example settings
cp *.env.sample                      config       copy example settings
cp *.env.template                    config       copy example settings
cp *.dev.vars.example                config       copy example settings
cp *.env*                            secrets      copy secrets
cp *.dev.vars*                       secrets      copy secrets
rimraf                               clean        remove files
rm                                   clean        remove files
del-cli                              clean        remove files
shx rm                               clean        remove files
"""
