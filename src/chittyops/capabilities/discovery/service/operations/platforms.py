"""The table's lines for platforms that things are deployed to: see ``table``."""

from __future__ import annotations

from typing import Final

LINES: Final = """
wrangler pages secret put            secrets      put secret
wrangler pages secret bulk           secrets      put secrets
wrangler pages secret list           secrets      list secrets
wrangler pages secret delete         secrets      delete secret
wrangler pages project create        deploy       create project
wrangler pages deployment list       deploy       list deployments
wrangler pages deployment tail       health       follow logs
wrangler pages deploy                deploy       deploy pages
wrangler pages publish               deploy       deploy pages
wrangler pages dev                   other        start development server
wrangler pages functions build       build        build functions
wrangler deploy --dry-run            build        build worker
wrangler publish --dry-run           build        build worker
wrangler deploy                      deploy       deploy worker
wrangler publish                     deploy       deploy worker
wrangler versions secret put         secrets      put secret
wrangler versions secret bulk        secrets      put secrets
wrangler versions upload             deploy       upload version
wrangler versions deploy             deploy       deploy version
wrangler versions list               deploy       list versions
wrangler versions view               deploy       show version
wrangler deployments                 deploy       list deployments
wrangler rollback                    deploy       roll back
wrangler delete                      deploy       delete worker
wrangler triggers deploy             deploy       deploy triggers
wrangler dispatch-namespace          deploy       manage dispatch namespace
wrangler dev                         other        start development server
wrangler init                        other        create project
wrangler generate                    other        create project
wrangler tail                        health       follow logs
wrangler secret put                  secrets      put secret
wrangler secret bulk                 secrets      put secrets
wrangler secret:bulk                 secrets      put secrets
wrangler secret list                 secrets      list secrets
wrangler secret delete               secrets      delete secret
wrangler secrets-store               secrets      manage secrets store
wrangler login                       secrets      sign in
wrangler logout                      secrets      sign out
wrangler whoami                      secrets      check account
wrangler kv*namespace create         resources    create key-value namespace
wrangler kv*namespace list           resources    list key-value namespaces
wrangler kv*namespace delete         resources    delete key-value namespace
wrangler kv namespace create         resources    create key-value namespace
wrangler kv namespace list           resources    list key-value namespaces
wrangler kv namespace delete         resources    delete key-value namespace
wrangler kv* ... list                databases    list keys
wrangler kv* ... get                 databases    read key
wrangler kv*                         databases    write keys
wrangler d1 execute                  databases    execute SQL
wrangler d1 migrations apply         databases    apply migrations
wrangler d1 migrations create        databases    create migration
wrangler d1 migrations list          databases    list migrations
wrangler d1 create                   resources    create database
wrangler d1 delete                   resources    delete database
wrangler d1 list                     resources    list databases
wrangler d1 info                     resources    show database
wrangler d1 export                   backup       export database
wrangler d1 time-travel restore      backup       restore database
wrangler d1 time-travel              backup       show restore point
wrangler d1 backup                   backup       back up database
wrangler d1                          databases    manage database
wrangler r2 bucket create            resources    create bucket
wrangler r2 bucket list              resources    list buckets
wrangler r2 bucket                   resources    manage bucket
wrangler r2 object put               backup       upload object
wrangler r2 object get               backup       download object
wrangler r2 object                   resources    manage object
wrangler queues create               events       create queue
wrangler queues                      events       manage queue
wrangler hyperdrive                  databases    manage connection pool
wrangler vectorize                   resources    manage vector index
wrangler workflows                   resources    manage workflows
wrangler pipelines                   events       manage pipeline
wrangler ai                          resources    list models
wrangler cert                        security     manage certificate
wrangler types                       build        generate types
wrangler check                       testing      check worker
railway up                           deploy       deploy service
railway deploy                       deploy       deploy service
railway redeploy                     deploy       deploy again
railway down                         deploy       remove deployment
railway restart                      deploy       restart service
railway variables --set              secrets      set variables
railway variables --set-from-stdin   secrets      set variables
railway variable*                    config       list variables
railway run                          secrets      run with variables
railway login                        secrets      sign in
railway whoami                       secrets      check account
railway logs                         health       follow logs
railway status                       health       show status
railway link                         deploy       link project
railway init                         resources    create project
railway add                          resources    add resource
railway environment                  config       choose environment
railway service                      config       choose service
railway domain                       deploy       add domain
railway volume                       resources    manage volume
railway connect                      databases    open database shell
vercel env pull                      secrets      pull variables
vercel env add                       secrets      put secret
vercel env rm                        secrets      delete secret
vercel env                           secrets      list variables
vercel secrets                       secrets      manage secrets
vercel build                         build        build project
vercel dev                           other        start development server
vercel link                          deploy       link project
vercel pull                          config       pull settings
vercel promote                       deploy       promote deployment
vercel rollback                      deploy       roll back
vercel alias                         deploy       assign domain
vercel domains                       deploy       manage domains
vercel remove                        deploy       remove deployment
vercel rm                            deploy       remove deployment
vercel logs                          health       follow logs
vercel inspect                       health       show deployment
vercel ls                            deploy       list deployments
vercel list                          deploy       list deployments
vercel login                         secrets      sign in
vercel whoami                        secrets      check account
vercel --version                     other        show version
vercel                               deploy       deploy project
netlify deploy                       deploy       deploy site
netlify build                        build        build site
netlify env:set                      secrets      put secret
netlify env*                         secrets      manage variables
netlify dev                          other        start development server
netlify link                         deploy       link site
netlify login                        secrets      sign in
netlify status                       health       show status
fly deploy                           deploy       deploy app
fly launch                           deploy       launch app
fly secrets set                      secrets      put secret
fly secrets import                   secrets      put secrets
fly secrets unset                    secrets      delete secret
fly secrets                          secrets      list secrets
fly scale                            resources    scale app
fly status                           health       show status
fly logs                             health       follow logs
fly checks                           health       show health checks
fly releases                         deploy       list releases
fly apps create                      resources    create app
fly apps                             resources    manage apps
fly machine*                         resources    manage machines
fly volumes                          resources    manage volumes
fly postgres                         databases    manage database
fly mpg                              databases    manage database
fly certs                            security     manage certificate
fly ssh                              other        open shell
fly proxy                            network      open tunnel
fly auth                             secrets      sign in
heroku config:set                    secrets      set variables
heroku config*                       config       list variables
heroku container:release             deploy       release container
heroku container:push                build        push image
heroku releases:rollback             deploy       roll back
heroku pg:backups*                   backup       back up database
heroku pg*                           databases    manage database
heroku logs                          health       follow logs
heroku ps:scale                      resources    scale app
heroku ps*                           health       show processes
heroku create                        resources    create app
heroku run                           other        run command
render deploy*                       deploy       deploy service
render services                      health       show services
render logs                          health       follow logs
deno deploy                          deploy       deploy project
deployctl deploy                     deploy       deploy project
deployctl                            deploy       manage deployments
deno test                            testing      run tests
deno lint                            testing      lint code
deno check                           testing      check types
deno fmt                             testing      check formatting
deno compile                         build        compile program
deno install                         install      install packages
deno task                            other        run script
deno run                             other        run program
firebase deploy                      deploy       deploy project
amplify publish                      deploy       deploy project
amplify push                         deploy       deploy project
serverless deploy                    deploy       deploy project
sls deploy                           deploy       deploy project
sst deploy                           deploy       deploy project
sam build                            build        build project
sam deploy                           deploy       deploy project
cdk deploy                           deploy       deploy stack
cdk diff                             config       show difference
eb deploy                            deploy       deploy app
gcloud run deploy                    deploy       deploy service
gcloud app deploy                    deploy       deploy app
gcloud functions deploy              deploy       deploy function
gcloud builds submit                 build        build image
gcloud secrets                       secrets      manage secrets
gcloud auth                          secrets      sign in
gcloud sql export                    backup       export database
gcloud sql backups                   backup       back up database
gcloud sql                           databases    manage database
gcloud storage cp                    backup       copy objects
gcloud logging                       health       read logs
gcloud pubsub topics publish         events       publish message
gcloud pubsub                        events       manage topics
gcloud config                        config       choose project
gcloud                               resources    manage cloud resources
gsutil                               backup       copy objects
aws s3 sync                          backup       copy objects
aws s3 cp                            backup       copy objects
aws s3 mb                            resources    create bucket
aws s3*                              resources    manage bucket
aws secretsmanager get*              secrets      read secret
aws secretsmanager                   secrets      manage secrets
aws ssm put-parameter                secrets      put secret
aws ssm get-parameter*               secrets      read secret
aws ssm                              other        manage machines
aws lambda update*                   deploy       deploy function
aws lambda                           resources    manage functions
aws ecs update-service               deploy       deploy service
aws ecs register-task-definition     deploy       register task
aws ecs                              resources    manage services
aws ecr get-login*                   secrets      sign in
aws ecr                              resources    manage images
aws cloudformation deploy            deploy       deploy stack
aws cloudformation                   deploy       manage stack
aws cloudfront create-invalidation   deploy       clear cache
aws rds create-db-snapshot           backup       back up database
aws rds restore*                     backup       restore database
aws rds                              databases    manage database
aws sns publish                      events       publish message
aws sqs                              events       manage queue
aws logs                             health       read logs
aws sts                              secrets      check account
aws ce                               resources    read costs
aws configure                        secrets      sign in
aws                                  resources    manage cloud resources
az webapp up                         deploy       deploy app
az webapp deploy*                    deploy       deploy app
az containerapp up                   deploy       deploy app
az containerapp update               deploy       deploy app
az functionapp deployment            deploy       deploy function
az keyvault                          secrets      manage secrets
az login                             secrets      sign in
az acr build                         build        build image
az                                   resources    manage cloud resources
terraform apply                      deploy       apply infrastructure
terraform destroy                    deploy       destroy infrastructure
terraform plan                       config       plan infrastructure
terraform validate                   testing      check configuration
terraform fmt                        testing      check formatting
terraform init                       install      install providers
terraform                            resources    manage infrastructure
pulumi up                            deploy       apply infrastructure
pulumi destroy                       deploy       destroy infrastructure
pulumi preview                       config       plan infrastructure
pulumi config set --secret           secrets      put secret
pulumi config                        config       set value
ansible-playbook                     deploy       run playbook
kamal deploy                         deploy       deploy app
kamal rollback                       deploy       roll back
kamal*                               deploy       manage app
nixpacks build                       build        build image
docker compose up                    deploy       start containers
docker compose down                  deploy       stop containers
docker compose restart               deploy       restart containers
docker compose build                 build        build image
docker compose push                  build        push image
docker compose pull                  install      pull image
docker compose logs                  health       follow logs
docker compose ps                    health       show containers
docker compose                       other        run in container
docker-compose up                    deploy       start containers
docker-compose down                  deploy       stop containers
docker-compose build                 build        build image
docker-compose push                  build        push image
docker-compose logs                  health       follow logs
docker-compose ps                    health       show containers
docker-compose                       other        run in container
docker stack deploy                  deploy       deploy stack
docker service update                deploy       update service
docker buildx build                  build        build image
docker buildx                        build        set up builder
docker build                         build        build image
docker push                          build        push image
docker tag                           build        tag image
docker pull                          install      pull image
docker login                         secrets      sign in
docker logs                          health       follow logs
docker ps                            health       show containers
docker stats                         performance  show usage
docker scout                         security     scan image
docker system prune                  clean        remove images
docker image prune                   clean        remove images
docker rm*                           clean        remove containers
docker volume                        resources    manage volume
docker network                       network      manage network
docker run                           deploy       start container
docker stop                          deploy       stop container
docker start                         deploy       start container
docker restart                       deploy       restart container
docker exec                          other        run in container
podman build                         build        build image
podman push                          build        push image
podman run                           deploy       start container
kubectl apply                        deploy       apply manifests
kubectl create secret                secrets      put secret
kubectl create configmap             config       set value
kubectl rollout undo                 deploy       roll back
kubectl rollout status               health       wait for rollout
kubectl rollout                      deploy       restart deployment
kubectl set image                    deploy       deploy image
kubectl scale                        resources    scale deployment
kubectl delete                       deploy       delete resources
kubectl logs                         health       follow logs
kubectl get secret*                  secrets      read secret
kubectl get                          health       show resources
kubectl describe                     health       show resources
kubectl wait                         health       wait for resources
kubectl top                          performance  show usage
kubectl port-forward                 network      open tunnel
kubectl                              other        manage cluster
kustomize build                      build        build manifests
skaffold run                         deploy       deploy app
helm upgrade                         deploy       deploy chart
helm install                         deploy       deploy chart
helm rollback                        deploy       roll back
helm uninstall                       deploy       remove chart
helm lint                            testing      lint chart
helm template                        build        build manifests
helm repo                            install      add chart repository
helm dependency                      install      install charts
cloudflared tunnel                   network      open tunnel
ngrok                                network      open tunnel
"""
